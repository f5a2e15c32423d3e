/** The pages of a run as a picture of time: when each was read, beside which others, and how it went. */

export interface LedgerPage {
  readonly page: number
  readonly pass_number: number
  readonly scope: string
  readonly status: string
  readonly attempts: number
  readonly inherited: boolean
  readonly started_at: string
  readonly finished_at: string
}

/** A request that failed, whatever became of its page. */
export interface FailedRequest {
  readonly number: number
  readonly started_at: string
  readonly seconds: number
  readonly code: string
  readonly page?: number | null
  readonly size?: number | null
}

export interface Try {
  readonly request: FailedRequest
  readonly start: number
  readonly lane: number
}

export type Mark = 'good' | 'retried' | 'slow' | 'failed'

export interface Bar<P extends LedgerPage> {
  readonly page: P
  readonly mark: Mark
  /** Seconds that it took. */
  readonly seconds: number
  /** Seconds after the first page began. */
  readonly start: number
  /** The row of the picture: pages that were read at the same time are in different ones. */
  readonly lane: number
}

export interface Timeline<P extends LedgerPage> {
  readonly bars: readonly Bar<P>[]
  readonly lanes: number
  readonly seconds: number
  readonly counts: Readonly<Record<Mark, number>>
  readonly inherited: number
  /** The failed requests, in lanes below those of the pages. */
  readonly tries: readonly Try[]
}

const SLOW_AT_LEAST = 2
const SLOW_FACTOR = 3

/** Slow is a page that took three times as long as the middle one of its run, and at least two seconds. */
export function timelineOf<P extends LedgerPage>(
  pages: readonly P[],
  failed: readonly FailedRequest[] = [],
): Timeline<P> {
  const read = pages
    .filter((page) => !page.inherited)
    .map((page) => ({
      page,
      from: Date.parse(page.started_at) / 1000,
      to: Date.parse(page.finished_at) / 1000,
    }))
    .sort((a, b) => a.from - b.from || a.page.page - b.page.page)
  const durations = read.map(({ from, to }) => Math.max(to - from, 0)).sort((a, b) => a - b)
  const slow = Math.max(SLOW_AT_LEAST, SLOW_FACTOR * (durations[Math.floor((durations.length - 1) / 2)] ?? 0))
  const asked = failed.map((request) => ({ request, from: Date.parse(request.started_at) / 1000 }))
  const begun = [...read.slice(0, 1), ...asked].map(({ from }) => from)
  const first = begun.length > 0 ? Math.min(...begun) : 0
  const counts: Record<Mark, number> = { good: 0, retried: 0, slow: 0, failed: 0 }
  const laneEnds: number[] = []
  const bars = read.map(({ page, from, to }) => {
    const seconds = Math.max(to - from, 0)
    const mark = markOf(page, seconds, slow)
    counts[mark] += 1
    const lane = freeLane(laneEnds, from, to)
    return { page, mark, seconds, start: from - first, lane }
  })
  const tryEnds: number[] = []
  const tries = asked.map(({ request, from }) => ({
    request,
    start: from - first,
    lane: laneEnds.length + freeLane(tryEnds, from, from + request.seconds),
  }))
  const last = Math.max(first, ...laneEnds, ...tryEnds)
  return {
    bars,
    lanes: laneEnds.length + tryEnds.length,
    seconds: last - first,
    counts,
    inherited: pages.length - read.length,
    tries,
  }
}

/** The first lane that is free at `from`; it is taken until `to`. */
function freeLane(ends: number[], from: number, to: number): number {
  const free = ends.findIndex((end) => end <= from)
  const lane = free === -1 ? ends.length : free
  ends[lane] = to
  return lane
}

function markOf(page: LedgerPage, seconds: number, slow: number): Mark {
  if (page.status !== 'stored') return 'failed'
  if (page.attempts > 1) return 'retried'
  return seconds >= slow ? 'slow' : 'good'
}
