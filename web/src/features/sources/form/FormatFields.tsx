import { Form, Input, Select, Switch } from 'antd'
import { useTranslation } from 'react-i18next'

import type { FormatSettings, Look } from '../queries.ts'
import { nameOf } from './FoundFormat.tsx'

const FORMATS = ['csv', 'xlsx', 'json', 'xml'] as const
const ENCODINGS = ['utf-8', 'utf-16', 'cp1250', 'cp1252', 'iso-8859-2'] as const
const SEPARATORS = [';', ',', '\t', '|'] as const
const DECIMALS = ['comma', 'point'] as const

/** How the file is read, where it does not show that itself. */
export function FormatFields({ format, found }: { format: FormatSettings; found: Look | null }) {
  const { t } = useTranslation('sources')
  const kind = format.format ?? found?.format ?? null
  const isTable = kind === null || kind === 'csv' || kind === 'xlsx'
  return (
    <div className="source-format">
      <Pick name="format" values={FORMATS} word={(value) => t(`formats.${value}`)} />
      {kind === null || kind === 'csv' ? (
        <>
          <Pick name="separator" values={SEPARATORS} word={(value) => t(`separators.${nameOf(value)}`)} />
          <Pick name="encoding" values={ENCODINGS} word={(value) => t(`encodings.${value}`)} />
        </>
      ) : null}
      <Pick name="decimal" values={DECIMALS} word={(value) => t(`decimals.${value}`)} />
      {isTable ? (
        <Form.Item name={['format', 'has_headings']} label={t('form.hasHeadings')} valuePropName="checked">
          <Switch />
        </Form.Item>
      ) : (
        <Form.Item
          name={['format', 'row_path']}
          label={t('form.rowPath')}
          extra={t('form.rowPathHint')}
          normalize={(value: string) => (value.trim() === '' ? null : value.trim())}
        >
          <Input maxLength={300} autoComplete="off" spellCheck={false} placeholder="produse/produs" />
        </Form.Item>
      )}
    </div>
  )
}

interface PickProps<Value extends string> {
  name: 'format' | 'encoding' | 'separator' | 'decimal'
  values: readonly Value[]
  word: (value: Value) => string
}

const AS_SHOWN = 'as-shown'

/** One of some values, or as the file shows it, which is null. */
function Pick<Value extends string>({ name, values, word }: PickProps<Value>) {
  const { t } = useTranslation('sources')
  return (
    <Form.Item
      name={['format', name]}
      label={t(`form.${name}`)}
      getValueProps={(value: Value | null | undefined) => ({ value: value ?? AS_SHOWN })}
      normalize={(value: string) => (value === AS_SHOWN ? null : value)}
    >
      <Select
        options={[
          { value: AS_SHOWN, label: t('form.asShown') },
          ...values.map((value) => ({ value: value as string, label: word(value) })),
        ]}
      />
    </Form.Item>
  )
}
