import { expect, test } from 'vitest'

import { groupErrors } from './errors.ts'

const error = (code: string, more: { page?: number; emag_id?: number; message?: string } = {}) => ({
  code,
  message: more.message ?? code,
  ...more,
})

test('errors of one cause are one group, the largest group first', () => {
  const groups = groupErrors([
    error('server_failure', { page: 9 }),
    error('row_rejected', { emag_id: 7 }),
    error('row_rejected', { emag_id: 5 }),
    error('row_rejected', { emag_id: 7 }),
  ])
  expect(groups.map((group) => [group.key, group.count])).toEqual([
    ['row_rejected', 3],
    ['server_failure', 1],
  ])
  expect(groups[0]?.emagIds).toEqual([5, 7])
  expect(groups[1]?.pages).toEqual([9])
})

test('all answers that make no sense are one cause', () => {
  const groups = groupErrors([error('not_json', { page: 1 }), error('truncated_answer', { page: 2 })])
  expect(groups).toHaveLength(1)
  expect(groups[0]).toMatchObject({ key: 'bad_answer', pages: [1, 2] })
})

test('the timeout of a call is not that of the run', () => {
  const groups = groupErrors([error('timeout', { page: 4 }), error('timeout')])
  expect(groups.map((group) => group.key).sort()).toEqual(['call_timeout', 'timeout'])
})

test('of many different messages a few are shown', () => {
  const groups = groupErrors(Array.from({ length: 9 }, (_, n) => error('refused', { message: `m${n}` })))
  expect(groups[0]?.messages).toEqual(['m0', 'm1', 'm2'])
})

test('what was not kept counts too, also where nothing of its cause was', () => {
  const kept = [error('row_rejected', { emag_id: 5 }), error('not_json', { page: 1 })]
  const counts = { row_rejected: 200, not_json: 1, truncated_answer: 2, timeout: 4, server_failure: 1 }
  const groups = groupErrors(kept, counts)
  expect(groups.map((group) => [group.key, group.count])).toEqual([
    ['row_rejected', 200],
    ['timeout', 4],
    ['bad_answer', 3],
    ['server_failure', 1],
  ])
  expect(groups[3]?.messages).toEqual([])
})

test('further timeouts beside those that were kept are those of calls', () => {
  const groups = groupErrors([error('timeout')], { timeout: 3 })
  expect(groups.map((group) => [group.key, group.count])).toEqual([
    ['call_timeout', 2],
    ['timeout', 1],
  ])
})

test('a run of before errors were counted by code has those that were kept', () => {
  expect(groupErrors([error('refused')], null).map((group) => group.count)).toEqual([1])
})
