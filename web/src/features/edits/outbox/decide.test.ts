import { describe, expect, it } from 'vitest'

import { everything, leftOf, ticked } from './decide.ts'

const found = { undecided: { waiting: 2545, pending: 5 }, seen_at: '2026-11-28T10:00:00Z' }
const seen = { seen_at: found.seen_at }

describe('deciding about the outbox', () => {
  it('of ticked lines approves those that wait, and rejects all', () => {
    const chosen = ticked([
      { id: 1, state: 'waiting' },
      { id: 2, state: 'pending' },
    ])
    expect(chosen).toEqual({ approve: { ids: [1] }, reject: { ids: [1, 2] }, waiting: 1, all: 2 })
  })

  it('of everything goes by the filter, and only as far as it was seen', () => {
    expect(everything({ account: 'main', state: null }, found)).toEqual({
      approve: { filter: { ...seen, account: 'main', state: ['waiting'] } },
      reject: { filter: { ...seen, account: 'main' } },
      waiting: 2545,
      all: 2550,
    })
    const waiting = { undecided: { waiting: 2545 }, ...seen }
    const chosen = everything({ account: null, state: 'waiting' }, waiting)
    expect(chosen.reject).toEqual({ filter: { ...seen, state: ['waiting'] } })
    expect(chosen.all).toBe(2545)
  })

  it('says how many lines are left of a decision that is being carried out', () => {
    const live = everything({ account: null, state: null }, found)
    expect([leftOf(live, 'approve'), leftOf(live, 'reject')]).toEqual([2545, 2550])
  })

  it('does not widen a list of lines that were sent already', () => {
    const none = { undecided: { waiting: 0, pending: 0 }, ...seen }
    expect(everything({ account: null, state: 'applied' }, none).all).toBe(0)
  })
})
