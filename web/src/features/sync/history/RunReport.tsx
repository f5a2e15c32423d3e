import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { formatDate, formatDuration, formatNumber, useRole } from '../../../shared/index.ts'
import { Certificate } from './Certificate.tsx'
import { PreviewNote } from './changes/PreviewNote.tsx'
import { RunChanges } from './changes/RunChanges.tsx'
import { ErrorGroups } from './errors/ErrorGroups.tsx'
import type { RunDetail, RunStatus } from './queries.ts'
import { RunOptions } from './RunOptions.tsx'
import { RunTrouble } from '../live/RunTrouble.tsx'
import { RunStatusBadge } from './RunStatusBadge.tsx'
import { TimelineSection } from './timeline/TimelineSection.tsx'
import { adviceOf } from '../advice.ts'
import { unreadPlaces, upToDateText } from '../trouble.ts'

const TONES: Record<RunStatus, 'success' | 'info' | 'warning' | 'error'> = {
  queued: 'info',
  running: 'info',
  interrupted: 'warning',
  completed: 'success',
  partial: 'warning',
  failed: 'error',
  cancelled: 'info',
}

/** One run: its counts, what failed and why, when each page was read, and what a dry run would have changed. */
export function RunReport({ run }: { run: RunDetail }) {
  const { t } = useTranslation('history')
  const { can } = useRole()
  const mayUndo = can('operator') && !run.dry_run && run.updated_items > 0
  return (
    <div className="run-report">
      <Alert
        type={TONES[run.status]}
        title={<RunStatusBadge status={run.status} />}
        description={<Outcome run={run} />}
      />
      <RunTrouble run={run} />
      <HowMuchIsRight run={run} />
      <Counts run={run} />
      {mayUndo ? <Link to={`/edits/undo?run=${run.id}`}>{t('undo')}</Link> : null}
      {run.parameters.preview_of ? (
        <PreviewNote runId={run.id} previewId={run.parameters.preview_of} />
      ) : null}
      <RunChanges runId={run.id} isDry={run.dry_run} status={run.status} />
      <ErrorGroups run={run} />
      {run.completed_at === null ? null : <Certificate runId={run.id} />}
      <TimelineSection pages={run.pages} failed={run.failed_requests} />
      <RunOptions run={run} />
    </div>
  )
}

/** What came of a run; of one that failed also why, and what to do. */
function Outcome({ run }: { run: RunDetail }) {
  const { t } = useTranslation('history')
  const { t: inSync } = useTranslation('sync')
  if (run.dry_run) return t('detail.dryRunText')
  if (run.status !== 'failed') return t(`detail.${run.status}Text`)
  return (
    <>
      <p>{adviceOf(inSync, run)}</p>
      <p>{t(run.processed_items === 0 ? 'detail.failedNothingText' : 'detail.failedText')}</p>
    </>
  )
}

/** Of a run that did not come to a good end: first how much is right, then what is missing. */
function HowMuchIsRight({ run }: { run: RunDetail }) {
  const { t } = useTranslation('sync')
  const right = upToDateText(t, run)
  const places = run.status === 'failed' ? unreadPlaces(run.pages) : []
  if (right === undefined && places.length === 0) return null
  const shown = places.map(({ first, last }) =>
    first === last ? formatNumber(first) : `${formatNumber(first)}–${formatNumber(last)}`,
  )
  return (
    <section>
      {right === undefined ? null : (
        <p>
          <strong>{right}</strong>
        </p>
      )}
      {shown.length === 0 ? null : <p>{t('upToDate.places', { places: shown.join(', ') })}</p>}
      <UnreadOffers found={run.unread_offers ?? null} />
    </section>
  )
}

const MOST_NAMED = 20

/** The offers of the copy that were in what could not be read: each with the way to it. */
function UnreadOffers({ found }: { found: RunDetail['unread_offers'] | null }) {
  const { t } = useTranslation('sync')
  if (!found || found.count === 0) return null
  const named = found.items.slice(0, MOST_NAMED)
  const more = found.count - named.length
  const count = (key: string, number: number): string =>
    t(key, { count: number, formatted: formatNumber(number) })
  return (
    <>
      <p>{count('upToDate.unread', found.count)}</p>
      <ul>
        {named.map((offer) => (
          <li key={offer.emag_id}>
            <Link to={`/offers?offer=${offer.product_id}`}>{offer.name ?? offer.emag_id}</Link>{' '}
            <span className="muted">
              {[offer.part_number, offer.emag_id].filter((part) => part !== null).join(' · ')}
            </span>
          </li>
        ))}
      </ul>
      {more > 0 ? <p>{count('upToDate.more', more)}</p> : null}
    </>
  )
}

function Counts({ run }: { run: RunDetail }) {
  const { t } = useTranslation('history')
  const pages =
    run.total_pages === null
      ? formatNumber(run.pages_read)
      : t('detail.pagesOf', { read: formatNumber(run.pages_read), total: formatNumber(run.total_pages) })
  const facts: [string, string][] = [
    [t('detail.processed'), formatNumber(run.processed_items)],
    [t('detail.created'), formatNumber(run.created_items)],
    [t('detail.updated'), formatNumber(run.updated_items)],
    [t('detail.unchanged'), formatNumber(run.unchanged_items)],
    [t('detail.removed'), formatNumber(run.removed_items)],
    [t('detail.failed'), formatNumber(run.failed_items)],
    [t('detail.pages'), pages],
    [t('detail.duration'), formatDuration(run.duration_seconds)],
    [t('detail.started'), formatDate(run.started_at)],
    [t('detail.ended'), formatDate(run.completed_at)],
    [t('detail.speed'), t('detail.perSecond', { value: formatNumber(run.items_per_second) })],
    [t('detail.requests'), formatNumber(run.api_requests_made)],
    [t('detail.failedRequests'), formatNumber(run.trouble.failed_requests)],
    [t('detail.waits'), formatNumber(run.rate_limit_hits)],
    [t('detail.waited'), formatDuration(run.wait_seconds)],
    [t('detail.attempt'), formatNumber(run.attempt)],
    [t('detail.trigger'), t(`trigger.${run.triggered_by}`, { defaultValue: run.triggered_by })],
  ]
  return (
    <section>
      <h3>{t('detail.counts')}</h3>
      <dl className="facts">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
