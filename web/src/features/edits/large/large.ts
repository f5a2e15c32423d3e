/** One change to everything found: where it is, and what may be done with it. */
import type { Schemas } from '../../../api/client.ts'

export type LargeChange = Schemas['BulkChangeView']
export type LargeRow = Schemas['BulkChangeRow']
export type LargeState = LargeChange['state']

/** What the ways for small lists take at once. */
export const MOST_AT_ONCE = 10_000

const WORKING: ReadonlySet<LargeState> = new Set(['previewing', 'applying', 'withdrawing'])

export function isWorking({ state }: Pick<LargeChange, 'state'>): boolean {
  return WORKING.has(state)
}

/** Whether it can be discarded, or stopped while it is being saved; of a failed one, whether something is to be taken back. */
export function isStoppable({ state, kept }: Pick<LargeChange, 'state' | 'kept'>): boolean {
  return (
    state === 'previewing' || state === 'ready' || state === 'applying' || (state === 'failed' && kept > 0)
  )
}

/** How far it is, in whole percent; null while the offers are still being gathered or edits are taken back. */
export function percentOf({
  state,
  found,
  done,
}: Pick<LargeChange, 'state' | 'found' | 'done'>): number | null {
  if (found === null || state === 'withdrawing') return null
  return found === 0 ? 100 : Math.floor((100 * Math.min(done, found)) / found)
}

export interface LargeOutlook {
  /** Offers that would be changed with what was said yes to. */
  readonly good: number
  readonly doubtful: number
  readonly wrong: number
  /** Whether something stands in the way of applying it. */
  readonly isBlocked: boolean
}

/** What may be applied of a preview. An undo leaves what cannot be put back without being asked. */
export function largeOutlook(
  { counts, kind }: Pick<LargeChange, 'counts' | 'kind'>,
  { confirm, skip }: { confirm: boolean; skip: boolean },
): LargeOutlook {
  const doubtful = counts.needs_confirmation ?? 0
  const wrong = counts.error ?? 0
  const good = (counts.ok ?? 0) + (confirm ? doubtful : 0)
  const isInTheWay = kind !== 'undo' && !skip && (wrong > 0 || (doubtful > 0 && !confirm))
  return { good, doubtful, wrong, isBlocked: isInTheWay || good === 0 }
}
