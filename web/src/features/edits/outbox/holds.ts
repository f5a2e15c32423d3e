/** What the brake stopped. */
import type { Schemas } from '../../../api/client.ts'

export type Hold = Schemas['Hold']

export const ALARMS = ['repriced', 'zeroed', 'deactivated'] as const

/** Whether it keeps edits from being sent: a refused hold of a sync does, until it is released. */
export function isInForce({ kind, state }: Pick<Hold, 'kind' | 'state'>): boolean {
  return state === 'waiting' || (state === 'refused' && kind === 'sync')
}

/** How many offers it is about, and what becomes of them: only what is more than none. */
export function countsOf({
  counts,
}: Pick<Hold, 'counts'>): { alarm: (typeof ALARMS)[number]; offers: number }[] {
  return ALARMS.map((alarm) => ({ alarm, offers: counts[alarm] ?? 0 })).filter(({ offers }) => offers > 0)
}

/** To decide about more takes seconds. */
export const MANY_OFFERS = 10_000

/** How many offers it is about, at most: one may be counted under several alarms. */
export function offersOf(hold: Pick<Hold, 'counts'>): number {
  return countsOf(hold).reduce((sum, { offers }) => sum + offers, 0)
}
