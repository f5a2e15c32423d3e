import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { formatAge } from '../../../shared/format.ts'
import { adviceOf, mainError } from '../advice.ts'
import { countsText } from '../counts.ts'
import type { Account } from '../queries.ts'
import type { Run } from '../runs.ts'
import { upToDateText } from '../trouble.ts'

interface Props {
  run: Run | undefined
  now: Date
  contact?: Account['contact'] | undefined
}

/** What came of the account's latest run, and what to do if it went wrong. */
export function LastRun({ run, now, contact }: Props) {
  const { t } = useTranslation('sync')
  if (run === undefined) return <p className="muted">{t('last.none')}</p>
  const hasTrouble = run.status === 'failed' || (run.status === 'partial' && run.errors.length > 0)
  // What the connection above says is not said twice.
  const isSaid = contact?.state !== 'works' && contact?.code === mainError(run)?.code
  const right = upToDateText(t, run)
  return (
    <div className="run" data-status={run.status}>
      <div className="run-head">
        <strong className={`status is-${run.status}`}>{t(`status.${run.status}`)}</strong>
        <span className="muted">
          {t(run.dry_run ? 'run.dryRun' : `mode.${run.mode}`)} · {formatAge(run.completed_at, now)}
        </span>
      </div>
      {right ? <p>{right}</p> : null}
      <p>{countsText(t, run)}</p>
      {hasTrouble && !isSaid ? <p className="advice">{adviceOf(t, run)}</p> : null}
      <p>
        <Link to={`/history/${run.id}`}>{t('last.details')}</Link>
      </p>
    </div>
  )
}
