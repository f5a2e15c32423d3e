import { expect, test } from 'vitest'

import { KINDS, ofKind, rule, USUAL_RULES } from './rules.ts'

test('every kind makes a rule that the server takes', () => {
  for (const kind of KINDS) {
    const made = rule(kind)
    expect(made.threshold !== null).toBe(kind === 'price' || kind === 'stock')
    expect(made.timing).toBe(kind === 'summary' ? 'daily' : 'instant')
  }
})

test('a rule that becomes another one keeps its account, and its timing where it may', () => {
  const daily = { ...rule('stock'), account: 'fbe', timing: 'daily' as const, threshold: 7 }
  expect(ofKind(daily, 'price')).toEqual({
    kind: 'price',
    account: 'fbe',
    threshold: 20,
    timing: 'daily',
  })
  expect(ofKind(rule('run'), 'summary').timing).toBe('daily')
})

test('the rules that a new recipient begins with differ', () => {
  expect(new Set(USUAL_RULES.map((one) => one.kind)).size).toBe(USUAL_RULES.length)
})
