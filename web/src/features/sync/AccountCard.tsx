import { useTranslation } from 'react-i18next'

import { formatAge, formatDate, formatNumber } from '../../shared/format.ts'
import { ConnectionState } from './ConnectionState.tsx'
import { LastRun } from './LastRun.tsx'
import type { Account, AccountStatistics, Budget } from './queries.ts'
import { RunProgress } from './RunProgress.tsx'
import { lastEnded, type Status } from './runs.ts'
import { useNow } from './useNow.ts'

interface Props {
  name: string
  account: Account | undefined
  statistics: AccountStatistics | undefined
  budget: Budget | undefined
  status: Status
}

/** Requests of the last minute against what eMAG allows in one (3 a second). */
const PER_MINUTE = 180

/** One account: whether eMAG lets it in, how fresh its copy is, and what it is doing. */
export function AccountCard({ name, account, statistics, budget, status }: Props) {
  const { t } = useTranslation('sync')
  const now = useNow(15)
  const run = status.running.find(({ account_type }) => account_type === name)
  const last = lastEnded(status, name)
  const completed = statistics?.last_completed_run
  const general = budget?.groups['general']
  const circuitIsOpen = run ? run.phase === 'probing' : last?.errors.some(({ code }) => code === 'account_down')
  return (
    <section className="card account" aria-labelledby={`account-${name}`} data-account={name}>
      <header className="account-head">
        <h2 id={`account-${name}`}>{name.toUpperCase()}</h2>
        <span className="muted account-where">
          {account?.platform ? `${account.platform} · ${account.currency ?? ''}` : '\u00a0'}
        </span>
      </header>
      <ConnectionState name={name} problem={account?.problem ?? null} last={last} />
      <dl className="facts">
        <div>
          <dt>{t('account.offers')}</dt>
          <dd>
            {formatNumber(statistics?.products ?? 0)}{' '}
            <span className="muted">{t('account.sellable', { value: formatNumber(statistics?.sellable ?? 0) })}</span>
          </dd>
        </div>
        <div>
          <dt>{t('account.lastCompleted')}</dt>
          <dd title={completed ? formatDate(completed.completed_at, 'full') : undefined}>
            {completed ? formatAge(completed.completed_at, now) : t('account.never')}
          </dd>
        </div>
        <div>
          <dt>{t('account.budget')}</dt>
          <dd>
            {t('account.budgetUse', {
              value: formatNumber(general?.last_minute ?? 0),
              most: PER_MINUTE,
            })}
          </dd>
        </div>
        <div>
          <dt>{t('account.circuit')}</dt>
          <dd className={circuitIsOpen ? 'is-bad' : undefined}>
            {t(circuitIsOpen ? 'account.circuitOpen' : 'account.circuitClosed')}
          </dd>
        </div>
      </dl>
      <div className="account-run">{run ? <RunProgress run={run} /> : <LastRun run={last} now={now} />}</div>
    </section>
  )
}
