import { Button, Select, Tag } from 'antd'
import type { TFunction } from 'i18next'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { Badge } from '../../../shared/Badge.tsx'
import { DataTable, type Column } from '../../../shared/DataTable.tsx'
import { HistoryTabs } from '../../../shared/HistoryTabs.tsx'
import {
  EmptyState,
  ErrorState,
  formatDate,
  formatDuration,
  formatNumber,
  LoadingState,
  PageHeader,
  useUrlState,
} from '../../../shared/index.ts'
import { RUN_STATUSES, useAccountNames, useHistory, type Run } from './queries.ts'
import { RunStatusBadge } from './RunStatusBadge.tsx'

type Filter = Record<'account' | 'status' | 'since' | 'until', string | null>
const NO_FILTER: Filter = { account: null, status: null, since: null, until: null }
const ANY = 'any'

/** Runs, newest first, a stretch at a time. */
export function RunList() {
  const { t, i18n } = useTranslation('history')
  const shared = useTranslation().t
  const [filter, setFilter] = useUrlState(NO_FILTER)
  const status = RUN_STATUSES.find((known) => known === filter.status) ?? null
  const log = useHistory({ account: filter.account, status, since: filter.since, until: filter.until })
  const runs = log.data?.pages.flatMap((page) => page.data.syncs)
  // The texts of the cells are those of the language.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const columns = useMemo(() => columnsOf(t), [t, i18n.language])
  return (
    <>
      <PageHeader title={t('title')} subtitle={t('subtitle')} />
      <HistoryTabs />
      <Filters account={filter.account} status={status} onChange={setFilter} />
      {filter.since !== null || filter.until !== null ? (
        <p>
          <Tag closable onClose={() => setFilter({ since: null, until: null })}>
            {[
              filter.since === null ? null : shared('happened.since', { date: formatDate(filter.since) }),
              filter.until === null ? null : shared('happened.until', { date: formatDate(filter.until) }),
            ]
              .filter(Boolean)
              .join(' · ')}
          </Tag>
        </p>
      ) : null}
      {log.error && runs === undefined ? (
        <ErrorState error={log.error} onRetry={() => void log.refetch()} />
      ) : runs === undefined ? (
        <LoadingState rows={12} />
      ) : runs.length === 0 ? (
        <NothingFound filtered={Object.values(filter).some((value) => value !== null)} />
      ) : (
        <>
          <DataTable<Run> label={t('title')} columns={columns} rows={runs} rowKey={(run) => run.id} />
          {log.hasNextPage ? (
            <p>
              <Button loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
                {t('older')}
              </Button>
            </p>
          ) : null}
        </>
      )}
    </>
  )
}

interface FilterProps {
  account: string | null
  status: string | null
  onChange: (change: { account?: string | null; status?: string | null }) => void
}

function Filters({ account, status, onChange }: FilterProps) {
  const { t } = useTranslation('history')
  const names = useAccountNames().data ?? []
  const known = account === null || names.includes(account) ? names : [...names, account]
  return (
    <div role="search" aria-label={t('filters.label')} className="history-filters">
      <Select
        aria-label={t('filters.account')}
        value={account ?? ANY}
        options={[
          { value: ANY, label: t('filters.allAccounts') },
          ...known.map((name) => ({ value: name, label: name })),
        ]}
        onChange={(value) => onChange({ account: value === ANY ? null : value })}
      />
      <Select
        aria-label={t('filters.status')}
        value={status ?? ANY}
        options={[
          { value: ANY, label: t('filters.anyStatus') },
          ...RUN_STATUSES.map((value) => ({ value, label: t(`status.${value}`) })),
        ]}
        onChange={(value) => onChange({ status: value === ANY ? null : value })}
      />
      {account !== null || status !== null ? (
        <Button type="link" onClick={() => onChange(NO_FILTER)}>
          {t('filters.reset')}
        </Button>
      ) : null}
    </div>
  )
}

function NothingFound({ filtered }: { filtered: boolean }) {
  const { t } = useTranslation('history')
  if (filtered) return <EmptyState title={t('empty.filteredTitle')} detail={t('empty.filteredText')} />
  const toSync = <Link to="/sync">{t('empty.noneAction')}</Link>
  return <EmptyState title={t('empty.noneTitle')} detail={t('empty.noneText')} action={toSync} />
}

function columnsOf(t: TFunction<'history'>): Column<Run>[] {
  const text = (
    key: string,
    width: number,
    render: Column<Run>['render'],
    narrow?: 'hidden',
  ): Column<Run> => ({
    key,
    title: t(`columns.${key}`),
    width,
    render,
    ...(narrow === undefined ? {} : { narrow }),
  })
  const number = (
    key: string,
    width: number,
    value: (run: Run) => string,
    narrow?: 'hidden',
  ): Column<Run> => ({
    ...text(key, width, value, narrow),
    align: 'end',
  })
  const count = (
    key: 'processed' | 'created' | 'updated' | 'removed' | 'failed',
    width: number,
    narrow?: 'hidden',
  ): Column<Run> => number(key, width, (run) => formatNumber(run[`${key}_items`]), narrow)
  return [
    text('started', 190, (run) => <RunLink run={run} t={t} />),
    text('account', 80, (run) => run.account),
    text('mode', 200, (run) => (
      <>
        {t(`mode.${run.mode}`)} {run.dry_run ? <Badge tone="plain">{t('dryRun')}</Badge> : null}
      </>
    )),
    text('status', 130, (run) => <RunStatusBadge status={run.status} />),
    number('duration', 110, (run) => formatDuration(run.duration_seconds)),
    count('processed', 85),
    count('created', 80, 'hidden'),
    count('updated', 110),
    count('removed', 110, 'hidden'),
    count('failed', 110, 'hidden'),
    number('errors', 75, (run) => formatNumber(run.error_count)),
    text('trigger', 150, (run) => t(`trigger.${run.triggered_by}`, { defaultValue: run.triggered_by })),
  ]
}

function RunLink({ run, t }: { run: Run; t: TFunction<'history'> }) {
  const date = formatDate(run.started_at ?? run.created_at)
  return (
    <Link to={`/history/${run.id}`} className="nowrap" aria-label={t('open', { account: run.account, date })}>
      {date}
    </Link>
  )
}
