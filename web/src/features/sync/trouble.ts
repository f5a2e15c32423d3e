/** What a run has met of failures and slowness, and how much of its list is up to date all the same. */

import type { TFunction } from 'i18next'

import { formatDuration, formatNumber } from '../../shared/format.ts'
import type { Run } from './runs.ts'

/** A page that takes so long is worth a word; most come within a second. */
const LONG_SECONDS = 10

/** Sentences about what goes wrong while a run goes on, the gravest first; `cause` says why requests fail. */
export function troubleLines(
  t: TFunction<'sync'>,
  run: Run,
  now: Date,
  cause: (code: string) => string,
): string[] {
  if (run.status !== 'running') return []
  const { failing_since, last_failure, failed_requests = 0, page_size, waiting_for_page } = run.trouble
  const lines: string[] = []
  if (failing_since != null) {
    const seconds = Math.max(Math.round((now.getTime() - Date.parse(failing_since)) / 1000), 0)
    lines.push(t('trouble.failing', { time: formatDuration(seconds), cause: cause(last_failure ?? '') }))
  }
  if (failed_requests > 0) {
    lines.push(t('trouble.retried', { count: failed_requests, formatted: formatNumber(failed_requests) }))
  }
  if (waiting_for_page != null && waiting_for_page >= LONG_SECONDS) {
    lines.push(t('trouble.waiting', { time: formatDuration(Math.round(waiting_for_page)) }))
  }
  if (page_size != null) {
    lines.push(t('trouble.pageSize', { count: page_size, formatted: formatNumber(page_size) }))
  }
  return lines
}

/** The time left; while eMAG fails nobody knows it. */
export function timeLeft(t: TFunction<'sync'>, run: Run): string {
  if (run.status === 'running' && run.trouble.failing_since != null) return t('run.leftUnknown')
  return formatDuration(run.eta_seconds)
}

export interface UpToDate {
  readonly right: number
  readonly total: number
  readonly missing: number
}

/**
 * Of a run that read a whole list and did not come to a good end: how much is right all the same. Undefined where that is
 * not known, or where nothing is missing.
 */
export function upToDateOf(run: Run): UpToDate | undefined {
  const isWhole = run.mode !== 'selective' && run.parameters.max_pages === null && !run.dry_run
  if (!isWhole || (run.status !== 'failed' && run.status !== 'partial')) return undefined
  const total = run.total_items ?? 0
  const right = Math.min(run.processed_items, total)
  return right > 0 && right < total ? { right, total, missing: total - right } : undefined
}

/** The same as a sentence: "1,002 of 1,005 offers are up to date; the other 3 were not read." */
export function upToDateText(t: TFunction<'sync'>, run: Run): string | undefined {
  const found = upToDateOf(run)
  if (found === undefined) return undefined
  const right = t('upToDate.right', {
    count: found.total,
    right: formatNumber(found.right),
    total: formatNumber(found.total),
  })
  const missing = t('upToDate.missing', { count: found.missing, formatted: formatNumber(found.missing) })
  return `${right} ${missing}`
}

const SILENT_SECONDS = 60
const NEVER_BEGUN_SECONDS = 300

/**
 * Whether a run is stuck: nobody seems to execute it any more (its process writes a sign of life every few seconds), or it
 * goes on beyond the time that it was allowed.
 */
export function isStuck(run: Run, now: Date): boolean {
  const since = (moment: string) => (now.getTime() - Date.parse(moment)) / 1000
  const silent = since(run.heartbeat_at ?? run.created_at)
  if (run.status !== 'running') return silent > NEVER_BEGUN_SECONDS
  const began = (run.attempt > 1 ? run.attempt_started_at : run.started_at) ?? run.created_at
  return silent > SILENT_SECONDS || since(began) > run.parameters.timeout_seconds + SILENT_SECONDS
}

export interface LedgerPart {
  readonly pass_number: number
  readonly scope: string
  readonly page: number
  readonly size: number
  readonly status: string
}

/** Places in eMAG's list, from 1, `last` included. */
export interface Places {
  readonly first: number
  readonly last: number
}

/** The places in the list that the last reading could not read: of the pages that failed, without the parts that came. */
export function unreadPlaces(pages: readonly LedgerPart[]): Places[] {
  const own = pages.filter(({ scope }) => scope.split(':')[0] === 'main')
  const pass = Math.max(0, ...own.map(({ pass_number }) => pass_number))
  const latest = own.filter(({ pass_number }) => pass_number === pass)
  const read = new Set<number>()
  const failed = new Set<number>()
  for (const page of latest) {
    const into = page.status === 'stored' ? read : failed
    for (let place = (page.page - 1) * page.size + 1; place <= page.page * page.size; place += 1)
      into.add(place)
  }
  const places = [...failed].filter((place) => !read.has(place)).sort((one, other) => one - other)
  const ranges: { first: number; last: number }[] = []
  for (const place of places) {
    const open = ranges.at(-1)
    if (open !== undefined && open.last === place - 1) open.last = place
    else ranges.push({ first: place, last: place })
  }
  return ranges
}
