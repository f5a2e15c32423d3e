import { describe, expect, it } from 'vitest'

import { isStoppable, isWorking, largeOutlook, percentOf } from './large.ts'

describe('a change to everything found', () => {
  it('tells how far it is, and that it does not know while it gathers', () => {
    expect(percentOf({ state: 'previewing', found: null, done: 0 })).toBeNull()
    expect(percentOf({ state: 'previewing', found: 250_000, done: 124_999 })).toBe(49)
    expect(percentOf({ state: 'applying', found: 250_000, done: 250_000 })).toBe(100)
    expect(percentOf({ state: 'ready', found: 0, done: 0 })).toBe(100)
    expect(percentOf({ state: 'withdrawing', found: 10, done: 0 })).toBeNull()
  })

  it('is watched while somebody works on it', () => {
    expect(
      ['previewing', 'applying', 'withdrawing'].every((state) => isWorking({ state: state as 'applying' })),
    ).toBe(true)
    expect(isWorking({ state: 'ready' })).toBe(false)
  })

  it('can be taken back where it has failed with something kept', () => {
    expect(isStoppable({ state: 'applying', kept: 0 })).toBe(true)
    expect(isStoppable({ state: 'failed', kept: 0 })).toBe(false)
    expect(isStoppable({ state: 'failed', kept: 4 })).toBe(true)
    expect(isStoppable({ state: 'applied', kept: 4 })).toBe(false)
  })

  it('waits for a yes to what is unusual, and for leaving out what is wrong', () => {
    const counts = { ok: 5, unchanged: 1, needs_confirmation: 2, error: 1 }
    const change = { counts, kind: 'selection' as const }
    expect(largeOutlook(change, { confirm: false, skip: false }).isBlocked).toBe(true)
    expect(largeOutlook(change, { confirm: true, skip: false }).isBlocked).toBe(true)
    expect(largeOutlook(change, { confirm: true, skip: true })).toEqual({
      good: 7,
      doubtful: 2,
      wrong: 1,
      isBlocked: false,
    })
    expect(largeOutlook(change, { confirm: false, skip: true }).good).toBe(5)
    expect(largeOutlook({ counts, kind: 'undo' }, { confirm: false, skip: false }).isBlocked).toBe(false)
  })

  it('has nothing to apply where nothing changes', () => {
    const counts = { ok: 0, unchanged: 9, needs_confirmation: 0, error: 0 }
    expect(largeOutlook({ counts, kind: 'selection' }, { confirm: true, skip: true }).isBlocked).toBe(true)
  })
})
