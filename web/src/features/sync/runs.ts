import type { Schemas } from '../../api/client.ts'

export type Run = Schemas['RunView']
export type Status = Schemas['StatusView']
export type RunStatus = Run['status']

const ACTIVE: readonly RunStatus[] = ['queued', 'running', 'interrupted']
const KEPT = 10

export function isActive(run: Run): boolean {
  return ACTIVE.includes(run.status)
}

/** Runs of an older attempt or with less done are news that came late. */
function isOlder(run: Run, than: Run): boolean {
  if (!isActive(than)) return isActive(run)
  return run.attempt < than.attempt
}

/** What is known after one more word about one run. */
export function withRun(status: Status, run: Run): Status {
  const known = [...status.running, ...status.recent_syncs].find(({ id }) => id === run.id)
  if (known !== undefined && isOlder(run, known)) return status
  const others = status.running.filter(({ id }) => id !== run.id)
  const running = isActive(run) ? sortedByAccount([...others, run]) : others
  return statusOf(running, mergeRecent(status.recent_syncs, run))
}

/** What is known after a whole look at the present. */
export function statusOf(running: readonly Run[], recent: readonly Run[]): Status {
  const ordered = sortedByAccount(running)
  return {
    is_running: ordered.length > 0,
    current_sync: ordered[0] ?? null,
    running: ordered,
    recent_syncs: [...recent],
  }
}

function mergeRecent(recent: readonly Run[], run: Run): Run[] {
  const isKnown = recent.some(({ id }) => id === run.id)
  const merged = isKnown ? recent.map((one) => (one.id === run.id ? run : one)) : [run, ...recent]
  return merged.slice(0, KEPT)
}

const FIRST: readonly string[] = ['main', 'fbe']

/** main, fbe, then by name: as people know them. */
export function compareAccounts(one: string, other: string): number {
  const [a, b] = [FIRST.indexOf(one), FIRST.indexOf(other)]
  if (a !== b && (a >= 0 || b >= 0)) return (a < 0 ? FIRST.length : a) - (b < 0 ? FIRST.length : b)
  return one.localeCompare(other)
}

function sortedByAccount(runs: readonly Run[]): Run[] {
  return [...runs].sort((one, other) => compareAccounts(one.account, other.account))
}

/** The runs that have ended between two looks: they were active in the first. */
export function endedBetween(before: Status | undefined, after: Status): Run[] {
  const wereActive = new Set(before?.running.map(({ id }) => id))
  return after.recent_syncs.filter((run) => wereActive.has(run.id) && !isActive(run))
}

/** The active runs that a clean-up of those older than `minutes` would end, oldest first. */
export function olderThan(running: readonly Run[], minutes: number, now: Date): Run[] {
  const before = now.getTime() - minutes * 60_000
  return running.filter((run) => beganAt(run) <= before).sort((one, other) => beganAt(one) - beganAt(other))
}

export function beganAt(run: Run): number {
  return new Date(run.started_at ?? run.created_at).getTime()
}

/** The latest ended run of an account among those known. */
export function lastEnded(status: Status | undefined, account: string): Run | undefined {
  return status?.recent_syncs.find((run) => run.account === account && !isActive(run))
}
