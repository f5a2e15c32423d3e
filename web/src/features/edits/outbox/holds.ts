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
