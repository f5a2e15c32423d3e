import type { Schemas } from '../../../api/client.ts'
import type { Decision, LineChoice, OutboxFilter, OutboxLine } from '../queries.ts'

/** What a first page of the outbox says about all that its filters find. */
export type FoundLines = Pick<Schemas['OutboxList'], 'undecided' | 'seen_at'>

type Line = Pick<OutboxLine, 'id' | 'state'>

/** What can be decided about lines: `approve` is of those that wait for a person, `reject` of all not sent yet. */
export interface Decidable {
  readonly approve: LineChoice
  readonly reject: LineChoice
  readonly waiting: number
  readonly all: number
}

export function isUndecided(line: Pick<OutboxLine, 'state'>): boolean {
  return line.state === 'waiting' || line.state === 'pending'
}

/** The lines that were ticked. */
export function ticked(lines: readonly Line[]): Decidable {
  const waiting = lines.filter(({ state }) => state === 'waiting')
  return {
    approve: { ids: waiting.map(({ id }) => id) },
    reject: { ids: lines.map(({ id }) => id) },
    waiting: waiting.length,
    all: lines.length,
  }
}

/**
 * Everything that the filters find, on all pages: by the filters, so that its number does not matter, and only what has
 * not changed since it was looked at.
 */
export function everything(filter: OutboxFilter, found: FoundLines): Decidable {
  const { waiting, pending } = undecided(found)
  const those = {
    seen_at: found.seen_at,
    ...(filter.account === null ? {} : { account: filter.account }),
  }
  const isOne = filter.state === 'waiting' || filter.state === 'pending'
  return {
    approve: { filter: { ...those, state: ['waiting'] } },
    reject: { filter: isOne ? { ...those, state: [filter.state] } : those },
    waiting,
    all: waiting + pending,
  }
}

/** How many lines the decision is still to be carried out on. */
export function leftOf({ waiting, all }: Pick<Decidable, 'waiting' | 'all'>, decision: Decision): number {
  return decision === 'approve' ? waiting : all
}

export function undecided({ undecided: counts }: FoundLines): { waiting: number; pending: number } {
  return { waiting: counts['waiting'] ?? 0, pending: counts['pending'] ?? 0 }
}
