/** Which edits of an offer there is something to tell about. */
import type { Schemas } from '../../../api/client.ts'

type Edit = Pick<Schemas['EditView'], 'id' | 'field' | 'warehouse_id' | 'state' | 'remarks'>

export function isWaiting({ state }: Pick<Edit, 'state'>): boolean {
  return state === 'open' || state === 'conflict'
}

/**
 * Of each value the edit that ended last, if eMAG had something to say about it: it was refused, or taken with remarks.
 * One after which the value was edited again is history. `newestFirst` are all edits of the offer.
 */
export function endedToTell<T extends Edit>(newestFirst: readonly T[]): T[] {
  const latest = new Map<string, T>()
  for (const edit of newestFirst) {
    const key = `${edit.field}@${edit.warehouse_id ?? ''}`
    if (!latest.has(key)) latest.set(key, edit)
  }
  return [...latest.values()].filter(
    (edit) => edit.state === 'rejected' || (!isWaiting(edit) && edit.remarks),
  )
}
