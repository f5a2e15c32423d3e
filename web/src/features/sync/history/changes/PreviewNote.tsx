import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { DataTable, type Column } from '../../../../shared/DataTable.tsx'
import { ErrorState, formatNumber, LoadingState } from '../../../../shared/index.ts'
import { FieldChanges, OfferName } from './cells.tsx'
import { usePreviewComparison, type PreviewDifference } from './queries.ts'

const OUTCOMES = ['otherwise', 'not_changed', 'not_foreseen'] as const

/** How the run compares with the dry run that it applied. */
export function PreviewNote({ runId, previewId }: { runId: string; previewId: string }) {
  const { t } = useTranslation('changes')
  const found = usePreviewComparison(runId)
  if (found.error) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  if (found.data === undefined) return <LoadingState rows={2} />
  const { data } = found
  const differs = OUTCOMES.filter((outcome) => data[outcome] > 0)
  const sentences = differs.map((outcome) =>
    t(`preview.${outcome}`, { count: data[outcome], formatted: formatNumber(data[outcome]) }),
  )
  if (!data.is_whole) sentences.push(t('preview.notWhole'))
  return (
    <section>
      <h3>{t('preview.title')}</h3>
      <Alert
        type={differs.length === 0 ? 'success' : 'info'}
        title={t('preview.as_foreseen', {
          count: data.as_foreseen,
          formatted: formatNumber(data.as_foreseen),
        })}
        description={sentences.length === 0 ? undefined : sentences.join(' ')}
      />
      <p>
        <Link to={`/history/${previewId}`}>{t('preview.open')}</Link>
      </p>
      {data.items.length === 0 ? null : <Differing items={data.items} />}
    </section>
  )
}

function Differing({ items }: { items: readonly PreviewDifference[] }) {
  const { t } = useTranslation('changes')
  const columns: Column<PreviewDifference>[] = [
    { key: 'offer', title: t('offer'), width: 300, render: (one) => <OfferName of={one} /> },
    {
      key: 'outcome',
      title: t('preview.outcome'),
      width: 200,
      render: (one) => t(`preview.outcomes.${one.outcome}`),
    },
    {
      key: 'foreseen',
      title: t('preview.foreseen'),
      width: 300,
      render: (one) => <FieldChanges fields={one.foreseen} currency={one.currency} />,
    },
    {
      key: 'happened',
      title: t('preview.happened'),
      width: 300,
      render: (one) => <FieldChanges fields={one.happened} currency={one.currency} />,
    },
  ]
  return <DataTable label={t('preview.title')} columns={columns} rows={items} rowKey={(one) => one.emag_id} />
}
