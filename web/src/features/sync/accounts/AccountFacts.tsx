import { useTranslation } from 'react-i18next'

import { formatAge, formatDate, formatNumber } from '../../../shared/format.ts'
import type { AccountStatistics, Budget } from '../queries.ts'
import type { Run } from '../runs.ts'

interface Props {
  statistics: AccountStatistics | undefined
  budget: Budget | undefined
  run: Run | undefined
  last: Run | undefined
  now: Date
}

/** Requests of the last minute against what eMAG allows in one (3 a second). */
const PER_MINUTE = 180

/** Whether the account's circuit is open: eMAG kept failing, and it is only probed. */
function isCircuitOpen(run: Run | undefined, last: Run | undefined): boolean {
  if (run !== undefined) return run.phase === 'probing'
  return last?.errors.some(({ code }) => code === 'account_down') ?? false
}

function LastCompleted({ run, now }: { run: Run | null | undefined; now: Date }) {
  const { t } = useTranslation('sync')
  if (!run) return <dd>{t('account.never')}</dd>
  return <dd title={formatDate(run.completed_at, 'full')}>{formatAge(run.completed_at, now)}</dd>
}

/** How much is in an account's copy, how fresh it is, and how eMAG's limit is used. */
export function AccountFacts({ statistics, budget, run, last, now }: Props) {
  const { t } = useTranslation('sync')
  const isOpen = isCircuitOpen(run, last)
  const requests = budget?.groups['general']?.last_minute ?? 0
  return (
    <dl className="facts">
      <div>
        <dt>{t('account.offers')}</dt>
        <dd>
          {formatNumber(statistics?.products ?? 0)}{' '}
          <span className="muted">
            {t('account.sellable', { value: formatNumber(statistics?.sellable ?? 0) })}
          </span>
        </dd>
      </div>
      <div>
        <dt>{t('account.lastCompleted')}</dt>
        <LastCompleted run={statistics?.last_completed_run} now={now} />
      </div>
      <div>
        <dt>{t('account.budget')}</dt>
        <dd>{t('account.budgetUse', { value: formatNumber(requests), most: PER_MINUTE })}</dd>
      </div>
      <div>
        <dt>{t('account.circuit')}</dt>
        <dd className={isOpen ? 'is-bad' : undefined}>
          {t(isOpen ? 'account.circuitOpen' : 'account.circuitClosed')}
        </dd>
      </div>
    </dl>
  )
}
