import { describe, expect, it } from 'vitest'

import {
  selectedCount,
  isSelected,
  NOTHING_SELECTED,
  pageToggled,
  toggled,
  undoLinks,
  type OfferSelection,
  type SelectedOffer,
} from './selection.ts'

const offer = (id: number, account = 'main'): SelectedOffer => ({
  id,
  account,
  emag_id: id * 10,
})
const first = [offer(1), offer(2)]
const second = [offer(3), offer(4, 'fbe')]

describe('choosing offers', () => {
  it('adds and takes away one by one, over several pages', () => {
    let selection = toggled(NOTHING_SELECTED, offer(1), first)
    selection = pageToggled(selection, second)
    expect(selectedCount(selection)).toBe(3)
    selection = toggled(selection, offer(1), first)
    expect(isSelected(selection, 1)).toBe(false)
    expect(selectedCount(selection)).toBe(2)
  })

  it('takes a page that is partly selection as not selection yet, and a whole one away', () => {
    const whole = pageToggled(toggled(NOTHING_SELECTED, offer(1), first), first)
    expect(selectedCount(whole)).toBe(2)
    expect(selectedCount(pageToggled(whole, first))).toBe(0)
  })

  it('of all that were found begins anew with the page when one is left out', () => {
    const all: OfferSelection = { kind: 'all', total: 900 }
    expect(isSelected(all, 12345)).toBe(true)
    const fewer = toggled(all, offer(2), first)
    expect([isSelected(fewer, 1), isSelected(fewer, 2), selectedCount(fewer)]).toEqual([true, false, 1])
    expect(pageToggled(all, first)).toEqual(NOTHING_SELECTED)
  })

  it('is undone an account at a time, by eMAG’s ids', () => {
    const selection = pageToggled(pageToggled(NOTHING_SELECTED, second), first)
    expect(undoLinks(selection)).toEqual([
      { account: 'fbe', to: '/edits/undo?account=fbe&ids=40' },
      { account: 'main', to: '/edits/undo?account=main&ids=10,20,30' },
    ])
    expect(undoLinks({ kind: 'all', total: 2 })).toEqual([])
  })
})
