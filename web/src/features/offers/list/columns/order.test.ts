import { describe, expect, it } from 'vitest'

import { COLUMN_KEYS, USUAL_COLUMNS, type ColumnKey } from './keys.ts'
import { allColumns, areUsual, chosenColumns, moved, toggled } from './order.ts'

const CHOSEN: readonly ColumnKey[] = ['sale_price', 'name', 'brand']

describe('the columns of the table', () => {
  it('are the usual ones without a choice', () => {
    expect(chosenColumns(null)).toEqual(USUAL_COLUMNS)
    expect(areUsual(chosenColumns(null))).toBe(true)
  })

  it('stand as they were chosen, each once, and an offer can always be opened', () => {
    expect(chosenColumns(['brand', 'name', 'nothing', 'brand', 'sale_price'])).toEqual([
      'brand',
      'name',
      'sale_price',
    ])
    expect(chosenColumns(['sale_price'])).toEqual(['name', 'sale_price'])
    expect(chosenColumns([])).toEqual(['name'])
  })

  it('are offered with those that are not shown after them', () => {
    expect(allColumns(CHOSEN).slice(0, 4)).toEqual([...CHOSEN, 'image'])
    expect([...allColumns(CHOSEN)].sort()).toEqual([...COLUMN_KEYS].sort())
  })

  it('are shown and hidden, but for the one that opens the offer', () => {
    expect(toggled(CHOSEN, 'eans')).toEqual([...CHOSEN, 'eans'])
    expect(toggled(CHOSEN, 'sale_price')).toEqual(['name', 'brand'])
    expect(toggled(CHOSEN, 'name')).toEqual(CHOSEN)
  })

  it.each<[ColumnKey, number, ColumnKey[]]>([
    ['brand', 0, ['brand', 'sale_price', 'name']],
    ['sale_price', 2, ['name', 'brand', 'sale_price']],
    ['name', 1, ['sale_price', 'name', 'brand']],
    ['sale_price', -1, ['sale_price', 'name', 'brand']],
    ['brand', 3, ['sale_price', 'name', 'brand']],
    ['eans', 1, ['sale_price', 'name', 'brand']],
  ])('with %s at %d are %j', (key, at, expected) => {
    expect(moved(CHOSEN, key, at)).toEqual(expected)
  })
})
