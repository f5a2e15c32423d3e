import { expect, test } from 'vitest'

import { canForce, editCounts, kindsOf, readingState, stateOf, undoPaths } from './outcome.ts'

const WELL = {
  enabled: true,
  is_being_read: false,
  failures: 0,
  last_reading: null,
  next_at: '2026-01-01T00:00:00Z',
}

test('a source says first what wants a person', () => {
  const last = { status: 'previewed', counts: { changed: 2 } } as never
  const nothing = { status: 'previewed', counts: { changed: 0, refused: 1 } } as never
  expect(stateOf(WELL)).toBe('on')
  expect(stateOf({ ...WELL, next_at: null })).toBe('manual')
  expect(stateOf({ ...WELL, last_reading: last })).toBe('waiting')
  expect(stateOf({ ...WELL, last_reading: last, failures: 1 })).toBe('failing')
  expect(stateOf({ ...WELL, failures: 1, enabled: false })).toBe('off')
  expect(stateOf({ ...WELL, enabled: false, is_being_read: true })).toBe('reading')
  expect(stateOf({ ...WELL, last_reading: nothing })).toBe('on')
  expect([readingState(last), readingState(nothing)]).toEqual(['previewed', 'nothing'])
})

test('only a file that was there before, or is shorter, can be taken in all the same', () => {
  expect(canForce({ status: 'same_file', reason: null })).toBe(true)
  expect(canForce({ status: 'refused', reason: 'shorter' })).toBe(true)
  expect(canForce({ status: 'refused', reason: 'not_csv' })).toBe(false)
  expect(canForce({ status: 'failed', reason: 'status' })).toBe(false)
})

test('kinds of rows and states of edits are told where there are any', () => {
  const counts = { changed: 3, unknown: 1, refused: 0, doubtful: 0 } as never
  expect(kindsOf({ counts })).toEqual([
    { kind: 'changed', count: 3 },
    { kind: 'unknown', count: 1 },
  ])
  expect(editCounts([{ state: 'applied' }, { state: 'open' }, { state: 'applied' }])).toEqual([
    { state: 'open', count: 1 },
    { state: 'applied', count: 2 },
  ])
})

test('what was sent is put back offer by offer, of each account, as far as an address holds them', () => {
  const edit = (emag_id: number, account = 'main', state = 'applied' as const) => ({
    emag_id,
    account,
    state,
  })
  expect(undoPaths([edit(1), edit(1), edit(2), edit(3, 'fbe'), { ...edit(9), state: 'open' }])).toEqual([
    { account: 'main', path: '/edits/undo?account=main&ids=1,2' },
    { account: 'fbe', path: '/edits/undo?account=fbe&ids=3' },
  ])
  expect(undoPaths(Array.from({ length: 301 }, (_, id) => edit(id + 1)))).toEqual([
    { account: 'main', path: null },
  ])
})
