/** Of which time Home tells: since yesterday, since the last visit, or of one day. */

export type Period = { kind: 'yesterday' } | { kind: 'visit' } | { kind: 'day'; day: string }

export interface Span {
  readonly since: string
  readonly until: string | null
}

/** `?since=visit`, `?since=2026-11-27`; anything else is since yesterday. */
export function readPeriod(text: string | null): Period {
  if (text === 'visit') return { kind: 'visit' }
  if (text !== null && /^\d{4}-\d\d-\d\d$/.test(text) && startOf(text) !== null)
    return { kind: 'day', day: text }
  return { kind: 'yesterday' }
}

export function writePeriod(period: Period): string | null {
  return period.kind === 'yesterday' ? null : period.kind === 'visit' ? 'visit' : period.day
}

/** The times of a period, in the reader's zone. The last visit that is not known is yesterday. */
export function spanOf(period: Period, now: Date, lastVisit: string | null): Span {
  if (period.kind === 'visit' && lastVisit !== null) return { since: lastVisit, until: null }
  const day = period.kind === 'day' ? startOf(period.day) : null
  if (day !== null) return { since: day.toISOString(), until: daysAfter(day, 1).toISOString() }
  return { since: daysAfter(now, -1).toISOString(), until: null }
}

/** The day of a time in the reader's zone: `2026-11-27`. */
export function dayOf(time: Date): string {
  const [month, date] = [time.getMonth() + 1, time.getDate()].map((part) => String(part).padStart(2, '0'))
  return `${time.getFullYear()}-${month}-${date}`
}

/** Midnight of a day in the reader's zone; null for a day that no calendar has. */
function startOf(day: string): Date | null {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number)
  const start = new Date(year, month - 1, date)
  return start.getMonth() === month - 1 && year >= 2000 && year < 2200 ? start : null
}

/** Midnight some days after the one of `time`: days of 23 and 25 hours are days, too. */
function daysAfter(time: Date, days: number): Date {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate() + days)
}
