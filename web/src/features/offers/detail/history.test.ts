import { describe, expect, test } from 'vitest'

import { course, courseSince, currenciesOf, inCurrency, isLevel, range } from './history.ts'

const present = {
  sale_price: '12.5000',
  currency: 'EUR',
  stock: 3,
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
      { at: day(1), price: 10, currency: 'EUR', stock: 9 },
      { at: day(2), price: 12.5, currency: 'EUR', stock: 9 },
      { at: day(4), price: 12.5, currency: 'EUR', stock: 3 },
      { at: day(5), price: 12.5, currency: 'EUR', stock: 3 },
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
    expect(course(present, changes, false)[0]).toEqual({ at: day(4), price: 12.5, currency: 'EUR', stock: 3 })
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

  describe('of an offer whose currency changed', () => {
    const at = '2026-11-03T00:00:00Z'
    const price = { field: 'sale_price', old: '20.0000', new: '10.2258', old_currency: 'BGN', at }
    const currency = { field: 'currency', old: 'BGN', new: 'EUR', at }
    const later = {
      field: 'sale_price',
      old: '10.2258',
      new: '12.5000',
      old_currency: 'EUR',
      at: '2026-11-04T00:00:00Z',
    }
    const earlier = {
      field: 'sale_price',
      old: '19.0000',
      new: '20.0000',
      old_currency: 'BGN',
      at: '2026-11-02T00:00:00Z',
    }

    test.each([
      ['the price is logged first', [currency, price]],
      ['the currency is logged first', [price, currency]],
      ['only the price is there', [price]],
    ])('each price keeps its currency: %s', (_, together) => {
      const points = course(present, [later, ...together, earlier], true)
      expect(points.map((point) => [point.at, point.price, point.currency])).toEqual([
        [day(1), 19, 'BGN'],
        [day(2), 20, 'BGN'],
        [day(3), 20, 'BGN'],
        [day(3), 10.2258, 'EUR'],
        [day(4), 12.5, 'EUR'],
        [day(5), 12.5, 'EUR'],
      ])
      expect(currenciesOf(points)).toEqual(['BGN', 'EUR'])
      expect(range(inCurrency(points, 'BGN'), 'price')).toEqual([19, 20])
      expect(range(inCurrency(points, 'EUR'), 'price')).toEqual([10.2258, 12.5])
    })

    test('with the same number, the price is drawn in both', () => {
      const points = course(present, [currency], false)
      expect(points.map((point) => [point.price, point.currency])).toEqual([
        [12.5, 'BGN'],
        [12.5, 'EUR'],
        [12.5, 'EUR'],
      ])
    })
  })
})

describe('whether there is anything to draw', () => {
  const change = { field: 'sale_price', old: '10.0000', new: '12.5000', at: present.last_synced_at }

  test('a change that the last reading found is drawn, though it makes but two points', () => {
    const points = course(present, [change], true)
    expect(points).toHaveLength(2)
    expect(isLevel(points)).toBe(false)
  })

  test('so is one of stock or of the currency', () => {
    expect(isLevel(course(present, [{ ...change, field: 'stock', old: '9' }], true))).toBe(false)
    expect(isLevel(course(present, [{ ...change, field: 'currency', old: 'RON' }], true))).toBe(false)
  })

  test('what never changed is not, nor what changed in something else', () => {
    expect(isLevel(course(present, [], true))).toBe(true)
    expect(isLevel(course(present, [{ ...change, field: 'name', old: 'a', new: 'b' }], true))).toBe(true)
  })
})

describe('a range of the course', () => {
  const of = (at: number, stock: number) => ({ at, stock, price: 1, currency: 'RON' })
  const points = [of(10, 1), of(20, 2), of(30, 3)]

  test('begins with the value that held then', () => {
    expect(courseSince(points, 25)).toEqual([of(25, 2), of(30, 3)])
    expect(courseSince(points, 20)).toEqual([of(20, 2), of(30, 3)])
  })

  test('is the whole course where that begins later, and its last value where nothing changed since', () => {
    expect(courseSince(points, 5)).toEqual(points)
    expect(courseSince(points, 40)).toEqual([of(40, 3)])
  })
})
