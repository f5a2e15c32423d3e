import { Tabs } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { isApiError } from '../../../api/client.ts'
import { EmptyState, ErrorState, formatDate, LoadingState, PageHeader } from '../../../shared/index.ts'
import { useSync, type RunDetail } from './queries.ts'
import { RetryButton } from './RetryButton.tsx'
import { RunReport } from './RunReport.tsx'

/** One sync, or one of its runs: what came of it, why, and what to do. */
export default function SyncDetail({ id }: { id: string }) {
  const { t } = useTranslation('history')
  const { data, error, refetch } = useSync(id)
  const runs = data?.runs ?? []
  const first = runs[0]
  return (
    <>
      <Link to="/history">← {t('detail.back')}</Link>
      <PageHeader
        title={
          first
            ? t('detail.title', { date: formatDate(first.started_at ?? first.created_at) })
            : t('detail.titleUnknown')
        }
        actions={runs.length > 0 ? <RetryButton id={id} runs={runs} /> : undefined}
      />
      {data ? <Runs runs={runs} /> : <NotYet error={error} onRetry={() => void refetch()} />}
    </>
  )
}

function Runs({ runs }: { runs: RunDetail[] }) {
  const { t } = useTranslation('history')
  const only = runs[0]
  if (runs.length === 1 && only) {
    return (
      <>
        <h2>{t('detail.account', { account: only.account })}</h2>
        <RunReport run={only} />
      </>
    )
  }
  return (
    <Tabs
      items={runs.map((run) => ({
        key: run.id,
        label: t('detail.account', { account: run.account }),
        children: <RunReport run={run} />,
      }))}
    />
  )
}

function NotYet({ error, onRetry }: { error: Error | null; onRetry: () => void }) {
  const { t } = useTranslation('history')
  if (error === null) return <LoadingState rows={14} />
  if (isApiError(error) && error.status === 404) {
    return <EmptyState title={t('detail.notFoundTitle')} detail={t('detail.notFoundText')} />
  }
  return <ErrorState error={error} onRetry={onRetry} />
}
