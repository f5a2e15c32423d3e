import { useTranslation } from 'react-i18next'

import { AccountFacts } from './AccountFacts.tsx'
import { ConnectionState } from './ConnectionState.tsx'
import { LastRun } from './LastRun.tsx'
import type { Account, AccountStatistics, Budget } from '../queries.ts'
import { RunProgress } from '../live/RunProgress.tsx'
import { lastEnded, type Status } from '../runs.ts'
import { useNow } from '../../../shared/useNow.ts'

interface Props {
  name: string
  account: Account | undefined
  statistics: AccountStatistics | undefined
  budget: Budget | undefined
  status: Status
}

const AGES_SECONDS = 15

/** One account: whether eMAG lets it in, how fresh its copy is, and what it is doing. */
export function AccountCard({ name, account, statistics, budget, status }: Props) {
  const { t } = useTranslation()
  const now = useNow(AGES_SECONDS)
  const run = status.running.find(({ account }) => account === name)
  // Of the latest runs of all accounts it may have dropped out; the last completed one is always known.
  const last = lastEnded(status, name) ?? statistics?.last_completed_run ?? undefined
  return (
    <section className="card account" aria-labelledby={`account-${name}`} data-account={name}>
      <header className="account-head">
        <h2 id={`account-${name}`}>{name}</h2>
        <span className="muted">
          {account?.platform ? `${t(`platforms.${account.platform}`)} · ${account.currency ?? ''}` : '\u00a0'}
        </span>
      </header>
      {account === undefined ? null : <ConnectionState account={account} isRunning={run !== undefined} />}
      <AccountFacts contact={account?.contact} statistics={statistics} budget={budget} run={run} now={now} />
      <div className="account-run">
        {run ? <RunProgress run={run} /> : <LastRun run={last} now={now} contact={account?.contact} />}
      </div>
    </section>
  )
}
