import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

import { isApiError } from '../../api/errors.ts'
import { ErrorState, LoadingState, NoAccounts, PageHeader } from '../../shared/index.ts'
import { AccountCard } from './accounts/AccountCard.tsx'
import { FreshnessSection } from './freshness/FreshnessSection.tsx'
import { Overview } from './Overview.tsx'
import { useAccounts, useBudgets, useStatistics, useStatus } from './queries.ts'
import { compareAccounts } from './runs.ts'
import { SyncActions } from './start/SyncActions.tsx'
import './sync.css'

/** Where syncs are started, watched and understood. */
export default function SyncPage() {
  const { t } = useTranslation('sync')
  const status = useStatus()
  const accounts = useAccounts()
  const isBusy = status.data?.is_running ?? false
  const statistics = useStatistics(isBusy)
  const budgets = useBudgets(isBusy)

  const names = useMemo(
    () => (accounts.data ?? []).map(({ account }) => account).sort(compareAccounts),
    [accounts.data],
  )
  const failed = [accounts, status].find((query) => query.isError && query.data === undefined)
  if (failed !== undefined) {
    return (
      <>
        <PageHeader title={t('title')} />
        <ErrorState error={failed.error} onRetry={() => void failed.refetch()} />
      </>
    )
  }
  if (accounts.data === undefined || status.data === undefined) {
    return (
      <>
        <PageHeader title={t('title')} subtitle={t('subtitle')} />
        <LoadingState rows={10} />
      </>
    )
  }
  if (names.length === 0) {
    return (
      <>
        <PageHeader title={t('title')} />
        <NoAccounts />
      </>
    )
  }
  const usable = accounts.data.filter(({ problem }) => problem === null).map(({ account }) => account)
  return (
    <>
      <PageHeader title={t('title')} subtitle={t('subtitle')} />
      {isApiError(budgets.error) && budgets.error.code === 'budget_unavailable' && (
        <ErrorState error={budgets.error} />
      )}
      <Overview statistics={statistics} status={status.data} />
      <SyncActions names={names} usable={usable} status={status.data} />
      <div className="account-grid">
        {names.map((name) => (
          <AccountCard
            key={name}
            account={accounts.data.find(({ account }) => account === name)}
            name={name}
            statistics={statistics.data?.accounts[name]}
            budget={budgets.data?.[name]}
            status={status.data}
          />
        ))}
      </div>
      <FreshnessSection />
    </>
  )
}
