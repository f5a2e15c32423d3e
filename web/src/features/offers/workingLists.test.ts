import { describe, expect, test } from 'vitest'

import { filterCount, filterQuery, NO_FILTERS } from './filters.ts'
import { readView, writeView } from './view.ts'
import { WORKING_LISTS, workingListQuery } from './workingLists.ts'

const view = (query: string) => readView(new URLSearchParams(query))
const NOW = new Date(2026, 10, 29, 15, 30)

describe('lists to work through', () => {
  test.each(WORKING_LISTS)('%s is in the address, is a filter, and asks the API for something', (list) => {
    const chosen = view(`list=${list}`)
    expect(chosen.list).toBe(list)
    expect(writeView(chosen).toString()).toBe(`list=${list}`)
    expect(filterCount(chosen)).toBe(1)
    expect(Object.keys(filterQuery(chosen)).length).toBeGreaterThan(0)
    expect(filterQuery({ ...chosen, ...NO_FILTERS })).toEqual({})
  })

  test('an odd list is none', () => {
    expect(view('list=everything').list).toBeNull()
  })

  test('low is as low as the stock that is chosen beside it says, and never without stock', () => {
    expect(workingListQuery('low_stock', null, NOW)).toMatchObject({ stock_min: 1, stock_max: 5 })
    expect(workingListQuery('low_stock', 50, NOW)).toMatchObject({ stock_min: 1, stock_max: 50 })
    expect(workingListQuery('low_stock', 0, NOW)).toMatchObject({ stock_min: 1, stock_max: 1 })
  })

  test('what was not seen for long is the same question all day', () => {
    const later = new Date(2026, 10, 29, 22)
    expect(workingListQuery('not_seen', null, NOW)).toEqual(workingListQuery('not_seen', null, later))
    expect(workingListQuery('not_seen', null, NOW).seen_before).toBe(new Date(2026, 10, 22).toISOString())
  })

  test('a filter that is chosen beside a list narrows it', () => {
    expect(filterQuery(view('list=no_image&account=main'))).toEqual({
      account: 'main',
      has_image: false,
    })
  })
})
