/** What became of a reading, for people. Pure. */
import type { Tone } from '../../../shared/Badge.tsx'
import type { EditState, Reading, RowKind, Source } from '../queries.ts'

export type ReadingState = Reading['status'] | 'nothing'

/** What became of a reading: a preview in which nothing changes waits for nobody. */
export function readingState({ status, counts }: Pick<Reading, 'status' | 'counts'>): ReadingState {
  const isNothing = (counts.changed ?? 0) + (counts.doubtful ?? 0) === 0
  return status === 'previewed' && isNothing ? 'nothing' : status
}

export const TONES: Record<ReadingState, Tone> = {
  nothing: 'plain',
  running: 'busy',
  applied: 'good',
  previewed: 'warning',
  same_file: 'plain',
  refused: 'bad',
  failed: 'bad',
}

export const ROW_KINDS: readonly RowKind[] = ['changed', 'doubtful', 'refused', 'unknown']
export const ROW_TONES: Record<RowKind, Tone> = {
  changed: 'good',
  doubtful: 'warning',
  refused: 'bad',
  unknown: 'bad',
}

/** The kinds of rows that a reading has kept, with how many of each. */
export function kindsOf({ counts }: Pick<Reading, 'counts'>): { kind: RowKind; count: number }[] {
  return ROW_KINDS.map((kind) => ({ kind, count: counts[kind] ?? 0 })).filter(({ count }) => count > 0)
}

export type SourceState = 'reading' | 'off' | 'failing' | 'waiting' | 'manual' | 'on'

/** How a source is doing: what wants a person comes before what does not. */
export function stateOf(
  source: Pick<Source, 'enabled' | 'is_being_read' | 'failures' | 'last_reading' | 'next_at'>,
): SourceState {
  if (source.is_being_read) return 'reading'
  if (!source.enabled) return 'off'
  if (source.failures > 0) return 'failing'
  const { last_reading: last } = source
  if (last !== null && readingState(last) === 'previewed') return 'waiting'
  return source.next_at === null ? 'manual' : 'on'
}

export const STATE_TONES: Record<SourceState, Tone> = {
  reading: 'busy',
  off: 'plain',
  failing: 'bad',
  waiting: 'warning',
  manual: 'plain',
  on: 'good',
}

/** Whether a person who says so can have a file taken in that was refused, or was there before. */
export function canForce({ status, reason }: Pick<Reading, 'status' | 'reason'>): boolean {
  return status === 'same_file' || (status === 'refused' && reason === 'shorter')
}

/** How many edits are in which state, in this order. */
const EDIT_STATES: readonly EditState[] = [
  'open',
  'conflict',
  'applied',
  'settled',
  'rejected',
  'lost',
  'replaced',
  'withdrawn',
]

export function editCounts(edits: readonly { state: EditState }[]): { state: EditState; count: number }[] {
  return EDIT_STATES.map((state) => ({
    state,
    count: edits.filter((edit) => edit.state === state).length,
  })).filter(({ count }) => count > 0)
}

/** So many offers fit into an address. */
const MOST_IN_ADDRESS = 300

/** The ways to put back what was sent of these edits: one for each account; null: too many for an address. */
export function undoPaths(
  edits: readonly { state: EditState; account: string; emag_id: number }[],
): { account: string; path: string | null }[] {
  const sent = edits.filter(({ state }) => state === 'applied')
  return [...new Set(sent.map(({ account }) => account))].map((account) => {
    const ids = [...new Set(sent.filter((edit) => edit.account === account).map((edit) => edit.emag_id))]
    return {
      account,
      path: ids.length > MOST_IN_ADDRESS ? null : `/edits/undo?account=${account}&ids=${ids.join(',')}`,
    }
  })
}
