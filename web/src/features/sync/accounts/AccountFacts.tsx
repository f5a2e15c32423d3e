import { useTranslation } from 'react-i18next'

import { formatAge, formatDate, formatNumber } from '../../../shared/format.ts'
import type { Account, AccountStatistics, Budget } from '../queries.ts'
import type { Run } from '../runs.ts'

interface Props {
  contact: Account['contact'] | undefined
  statistics: AccountStatistics | undefined
  budget: Budget | undefined
  run: Run | undefined
  now: Date
}

/** Requests of the last minute against what eMAG allows in one (3 a second). */
const PER_MINUTE = 180

/** How eMAG answers, by what is known of the account's contact with it. */
const ANSWERS = {
  works: 'account.circuitClosed',
  refused: 'account.circuitRefused',
  failing: 'account.circuitFailing',
  untested: 'account.circuitNone',
} as const

/** How eMAG answers the account; while its circuit is open, it is only probed. */
function Answer({ contact, run }: Pick<Props, 'contact' | 'run'>) {
  const { t } = useTranslation('sync')
  if (run?.phase === 'probing') return <dd className="is-bad">{t('account.circuitOpen')}</dd>
  // The present counts for more than the last contact.
  const isFailing = run?.status === 'running' && run.trouble.failing_since != null
  const state = isFailing ? 'failing' : (contact?.state ?? 'untested')
  const isBad = state === 'refused' || state === 'failing'
  return <dd className={isBad ? 'is-bad' : undefined}>{t(ANSWERS[state])}</dd>
}

function LastCompleted({ run, now }: { run: Run | null | undefined; now: Date }) {
  const { t } = useTranslation('sync')
  if (!run) return <dd>{t('account.never')}</dd>
  return <dd title={formatDate(run.completed_at, 'full')}>{formatAge(run.completed_at, now)}</dd>
}

/** How much is in an account's copy, how fresh it is, and how eMAG's limit is used. */
export function AccountFacts({ contact, statistics, budget, run, now }: Props) {
  const { t } = useTranslation('sync')
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
        <Answer contact={contact} run={run} />
      </div>
    </dl>
  )
}
