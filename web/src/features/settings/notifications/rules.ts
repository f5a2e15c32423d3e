import type { Rule, RuleKind } from './queries.ts'

/** What people can be told of, in the order in which they choose. */
export const KINDS: readonly RuleKind[] = [
  'run',
  'late',
  'not_sellable',
  'buy_button',
  'price',
  'stock',
  'conflict',
  'hold',
  'summary',
]

/** The threshold that a rule of this kind begins with; null where it has none. */
export function usualThreshold(kind: RuleKind): number | null {
  if (kind === 'price') return 20
  return kind === 'stock' ? 3 : null
}

/** What a new recipient is told of, until somebody chooses otherwise. */
export const USUAL_RULES: readonly Rule[] = [
  rule('run'),
  rule('late'),
  rule('not_sellable'),
  rule('conflict'),
  rule('hold'),
  rule('summary'),
]

/** A rule of this kind, for all accounts; a summary is daily, everything else is told at once. */
export function rule(kind: RuleKind): Rule {
  return {
    kind,
    account: null,
    threshold: usualThreshold(kind),
    timing: kind === 'summary' ? 'daily' : 'instant',
  }
}

/** The rule with another kind: the account stays, and the timing where both kinds allow it. */
export function ofKind(before: Rule, kind: RuleKind): Rule {
  return {
    kind,
    account: before.account ?? null,
    threshold: usualThreshold(kind),
    timing: kind === 'summary' ? 'daily' : (before.timing ?? 'instant'),
  }
}
