import { describe, expect, it } from 'vitest'

import {
  chosenCount,
  isChosen,
  NONE_CHOSEN,
  pageToggled,
  toggled,
  undoLinks,
  type Chosen,
  type ChosenOffer,
} from './chosen.ts'

const offer = (id: number, account = 'main'): ChosenOffer => ({ id, account_type: account, emag_id: id * 10 })
const first = [offer(1), offer(2)]
const second = [offer(3), offer(4, 'fbe')]

describe('choosing offers', () => {
  it('adds and takes away one by one, over several pages', () => {
    let chosen = toggled(NONE_CHOSEN, offer(1), first)
    chosen = pageToggled(chosen, second)
    expect(chosenCount(chosen)).toBe(3)
    chosen = toggled(chosen, offer(1), first)
    expect(isChosen(chosen, 1)).toBe(false)
    expect(chosenCount(chosen)).toBe(2)
  })

  it('takes a page that is partly chosen as not chosen yet, and a whole one away', () => {
    const whole = pageToggled(toggled(NONE_CHOSEN, offer(1), first), first)
    expect(chosenCount(whole)).toBe(2)
    expect(chosenCount(pageToggled(whole, first))).toBe(0)
  })

  it('of all that were found begins anew with the page when one is left out', () => {
    const all: Chosen = { kind: 'all', total: 900 }
    expect(isChosen(all, 12345)).toBe(true)
    const fewer = toggled(all, offer(2), first)
    expect([isChosen(fewer, 1), isChosen(fewer, 2), chosenCount(fewer)]).toEqual([true, false, 1])
    expect(pageToggled(all, first)).toEqual(NONE_CHOSEN)
  })

  it('is undone an account at a time, by eMAG’s ids', () => {
    const chosen = pageToggled(pageToggled(NONE_CHOSEN, second), first)
    expect(undoLinks(chosen)).toEqual([
      { account: 'fbe', to: '/edits/undo?account=fbe&ids=40' },
      { account: 'main', to: '/edits/undo?account=main&ids=10,20,30' },
    ])
    expect(undoLinks({ kind: 'all', total: 2 })).toEqual([])
  })
})
