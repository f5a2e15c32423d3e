import { describe, expect, it } from 'vitest'

import { DEFAULTS, hasSelection, listed, listedIds, requestOf } from './options.ts'

const options = { ...DEFAULTS, account: 'both' }

describe('typed lists', () => {
  it('are parted by lines, commas and semicolons, each value once', () => {
    expect(listed(' A1, B 2\nA1;;C3\n')).toEqual(['A1', 'B 2', 'C3'])
  })

  it('of ids take whole numbers only', () => {
    expect(listedIds('1, 243409')).toEqual([1, 243409])
    expect(listedIds('')).toEqual([])
    for (const text of ['0', '-1', '1.5', 'D5DD9B', '1 2']) expect(listedIds(text)).toBeNull()
  })
})

describe('the request', () => {
  it('has the defaults of the API and does not wait for the end', () => {
    expect(requestOf(options)).toEqual({
      account: 'both',
      mode: 'incremental',
      dry_run: false,
      include_inactive: false,
      skip_busy: false,
      max_pages: null,
      items_per_page: 100,
      timeout_seconds: 600,
      conflict_strategy: 'emag_priority',
      run_async: true,
      selection: null,
    })
  })

  it('has a selection for a selective sync only', () => {
    const typed = { ...options, ids: '7', part_numbers: 'A\nB' }
    expect(requestOf(typed).selection).toBeNull()
    expect(requestOf({ ...typed, mode: 'selective' }).selection).toMatchObject({
      ids: [7],
      part_numbers: ['A', 'B'],
    })
  })
})

it('a stock ceiling of zero is a selection', () => {
  expect(hasSelection(options)).toBe(false)
  expect(hasSelection({ ...options, max_stock: 0 })).toBe(true)
  expect(hasSelection({ ...options, part_number_keys: ' , ' })).toBe(false)
})
