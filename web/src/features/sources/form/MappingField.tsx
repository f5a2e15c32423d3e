import { Form, Select } from 'antd'
import { useTranslation } from 'react-i18next'

import { Badge } from '../../../shared/Badge.tsx'
import { DataTable, type Column } from '../../../shared/DataTable.tsx'
import type { Look, SourceField } from '../queries.ts'
import { FIELDS, mappingOf, possibleKeys, type Draft } from './draft.ts'

const SAMPLES = 3
const NOT_READ = 'not-read'

interface Props {
  look: Look
  isGuessed: boolean
  value?: Draft['corrections']
  onChange?: (value: Draft['corrections']) => void
}

interface Row {
  readonly heading: string
  readonly samples: readonly string[]
  readonly field: SourceField | null
  readonly state: 'guessed' | 'said' | null
}

/** The columns of a file, a row each: its first values, and what it is. */
export function MappingField({ look, isGuessed, value = {}, onChange }: Props) {
  const { t } = useTranslation('sources')
  const mapping = mappingOf(look, { corrections: value, is_guessed: isGuessed })
  const rows = look.headings.map((heading, place): Row => {
    const field = mapping.get(heading) ?? null
    const said = value[heading] !== undefined && value[heading] !== (look.columns[heading] ?? null)
    return {
      heading,
      samples: look.rows.slice(0, SAMPLES).map((row) => row[place] ?? ''),
      field,
      state: said ? 'said' : field === null ? null : 'guessed',
    }
  })
  const say = (heading: string, said: string): void =>
    onChange?.({ ...value, [heading]: FIELDS.find((field) => field === said) ?? null })
  const options = [
    { value: NOT_READ, label: t('form.notRead') },
    ...FIELDS.map((field) => ({ value: field as string, label: t(`fields.${field}`) })),
  ]
  return (
    <DataTable<Row>
      label={t('form.mapping')}
      rows={rows}
      rowKey={(row) => row.heading}
      columns={[
        {
          key: 'heading',
          title: t('form.heading'),
          width: 180,
          render: (row) => <strong className="address">{row.heading}</strong>,
        },
        ...look.rows.slice(0, SAMPLES).map((_, place): Column<Row> => ({
          key: `sample-${place}`,
          title: t('form.sampleRow', { row: place + 1 }),
          width: 130,
          render: (row) => <span className="address">{row.samples[place] || '–'}</span>,
        })),
        {
          key: 'field',
          title: t('form.means'),
          width: 260,
          narrow: 'bare',
          render: (row) => (
            <Select
              className="source-field"
              aria-label={t('form.meansOf', { heading: row.heading })}
              value={row.field ?? NOT_READ}
              options={options}
              onChange={(said: string) => say(row.heading, said)}
            />
          ),
        },
        {
          key: 'state',
          title: <span className="visually-hidden">{t('form.state')}</span>,
          width: 100,
          render: (row) =>
            row.state === null ? null : (
              <Badge tone={row.state === 'said' ? 'good' : 'plain'}>{t(`form.states.${row.state}`)}</Badge>
            ),
        },
      ]}
    />
  )
}

const FIRST_THERE = 'first'

/** By which of the columns the offers are found; only those that the file has. */
export function KeyField({ look, draft }: { look: Look; draft: Draft }) {
  const { t } = useTranslation('sources')
  const keys = possibleKeys(mappingOf(look, draft))
  const known = draft.key !== null && keys.includes(draft.key)
  return (
    <Form.Item
      name="key"
      label={t('form.key')}
      extra={t('form.keyHint')}
      getValueProps={(value: string | null) => ({ value: known ? value : FIRST_THERE })}
      normalize={(value: string) => (value === FIRST_THERE ? null : value)}
    >
      <Select
        options={[
          {
            value: FIRST_THERE,
            label:
              keys[0] === undefined
                ? t('form.keyNone')
                : t('form.keyFirst', { field: t(`fields.${keys[0]}`) }),
          },
          ...keys.map((key) => ({ value: key as string, label: t(`fields.${key}`) })),
        ]}
      />
    </Form.Item>
  )
}
