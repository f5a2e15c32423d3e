/** Reasons of the outbox, of undo and of edits, with their values in the reader's writing. */
import type { Schemas } from '../../api/client.ts'

/** What is a name or a number of its own, and no value of the field. */
const AS_THEY_ARE: readonly string[] = [
  'by',
  'hold',
  'times',
  'cause',
  'message',
  'advice',
  'was',
  'now',
  'error_id',
]

/** Reasons whose sentence has eMAG's own words in it: those are for the reader, not a technical detail. */
const QUOTING: readonly string[] = ['refused_by_emag', 'waits_for_campaign']

/** Whether the reason's sentence has eMAG's own words in it. */
export function quotesEmag({ code }: Pick<Schemas['ReasonView'], 'code'>): boolean {
  return QUOTING.includes(code)
}

/** The values of a reason: those of the field are written by `write`, for which null stands for no value. */
export function shownValues(
  { values }: Pick<Schemas['ReasonView'], 'values'>,
  write: (value: string | null) => string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      AS_THEY_ARE.includes(name) ? value : write(value === '' ? null : value),
    ]),
  )
}
