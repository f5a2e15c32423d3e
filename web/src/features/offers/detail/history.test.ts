import { describe, expect, test } from 'vitest'

import { course, range } from './history.ts'

const present = {
  price: '12.5000',
  stock_quantity: 3,
  created_at: '2026-11-01T00:00:00Z',
  last_synced_at: '2026-11-05T00:00:00Z',
}
const day = (number: number) => Date.parse(`2026-11-0${number}T00:00:00Z`)

describe('the course of price and stock', () => {
  test('is built backwards from the present', () => {
    const changes = [
      { field: 'stock', old: '9', new: '3', at: '2026-11-04T00:00:00Z' },
      { field: 'name', old: 'a', new: 'b', at: '2026-11-03T00:00:00Z' },
      { field: 'sale_price', old: '10.0000', new: '12.5000', at: '2026-11-02T00:00:00Z' },
    ]
    expect(course(present, changes, true)).toEqual([
      { at: day(1), price: 10, stock: 9 },
      { at: day(2), price: 12.5, stock: 9 },
      { at: day(4), price: 12.5, stock: 3 },
      { at: day(5), price: 12.5, stock: 3 },
    ])
  })

  test('price and stock that changed in one run are one point', () => {
    const at = '2026-11-02T00:00:00Z'
    const changes = [
      { field: 'stock', old: '1', new: '3', at },
      { field: 'sale_price', old: '10.0000', new: '12.5000', at },
    ]
    expect(course(present, changes, true).map((point) => point.at)).toEqual([day(1), day(2), day(5)])
  })

  test('does not claim to know the time before the oldest change when there are older ones', () => {
    const changes = [{ field: 'stock', old: '9', new: '3', at: '2026-11-04T00:00:00Z' }]
    expect(course(present, changes, false)[0]).toEqual({ at: day(4), price: 12.5, stock: 3 })
  })

  test('a value that was not known is a gap, not zero', () => {
    const changes = [{ field: 'sale_price', old: null, new: '12.5000', at: '2026-11-02T00:00:00Z' }]
    const points = course(present, changes, true)
    expect(points[0]?.price).toBeNull()
    expect(range(points, 'price')).toEqual([12.5, 12.5])
  })

  test('an offer that never changed is a straight line', () => {
    expect(course(present, [], true).map((point) => point.stock)).toEqual([3, 3])
  })
})
