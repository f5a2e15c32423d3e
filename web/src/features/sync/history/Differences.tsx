import { Button, Table } from 'antd'
import { useTranslation } from 'react-i18next'

import { Badge, type Tone } from '../../../shared/Badge.tsx'
import { ErrorState, formatNumber, LoadingState, useFieldNames } from '../../../shared/index.ts'
import { useDifferences, type Difference } from './queries.ts'

const TONES: Record<Difference['kind'], Tone> = { created: 'good', updated: 'busy', removed: 'bad' }

/** What a dry run would have changed, offer by offer. */
export function Differences({ runId, total }: { runId: string; total: number }) {
  const { t } = useTranslation('history')
  const found = useDifferences(runId)
  const items = found.data?.pages.flatMap((page) => page.items)
  return (
    <section>
      <h3>{t('differences.title')}</h3>
      <p>
        {total === 0
          ? t('differences.none')
          : t('differences.count', { count: total, formatted: formatNumber(total) })}
      </p>
      {found.error && !items ? <ErrorState error={found.error} onRetry={() => void found.refetch()} /> : null}
      {found.isPending ? <LoadingState /> : null}
      {items && items.length > 0 ? (
        <Table<Difference>
          rowKey="emag_id"
          size="small"
          dataSource={items}
          pagination={{ pageSize: 25, hideOnSinglePage: true, showSizeChanger: false }}
          columns={[
            { key: 'offer', title: t('differences.offer'), dataIndex: 'emag_id', width: 130 },
            {
              key: 'kind',
              title: t('differences.kind'),
              width: 210,
              render: (_, { kind }) => <Badge tone={TONES[kind]}>{t(`differences.${kind}`)}</Badge>,
            },
            {
              key: 'fields',
              title: t('differences.fields'),
              render: (_, difference) => <Fields of={difference} />,
            },
          ]}
        />
      ) : null}
      {found.hasNextPage ? (
        <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t('differences.more')}
        </Button>
      ) : null}
    </section>
  )
}

function Fields({ of }: { of: Difference }) {
  const { t } = useTranslation('history')
  const names = useFieldNames()
  const fields = Object.entries(of.fields)
  if (fields.length === 0) return of.kind === 'updated' ? t('differences.other') : null
  return (
    <ul className="difference-fields">
      {fields.map(([field, [old, now]]) => (
        <li key={field}>
          {t('differences.change', {
            field: names.field(field),
            old: old ?? t('differences.nothing'),
            new: now ?? t('differences.nothing'),
          })}
        </li>
      ))}
    </ul>
  )
}
