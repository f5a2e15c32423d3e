import { describe, expect, test } from 'vitest'

import { filterCount, filterQuery, isSet, NO_FILTERS, type Filters } from './filters.ts'
import { changeView, listQuery, readView, writeView } from './view.ts'

const view = (query: string) => readView(new URLSearchParams(query))

describe('the address of the offers table', () => {
  test('an address says the whole view and the view says the address', () => {
    const query =
      'q=lamp%C4%83+led&account=main&status=active&status=inactive&sellable=no&stock=0&category=10&category=20&brand=Bosch%2C+Germania&brand=%C8%9Auic%C4%83+%26+Co&price_min=10.5&price_max=1599.9&currency=EUR&vat=1&vat=2&buy_button=others&rank_min=2&rank_max=5&validation=8&validation=5&reason=no_stock&reason=inactive&changed_since=2026-11-27&removed=yes&change=unsellable&change_since=2026-11-27T22%3A00%3A00.000Z&sort=-sale_price&page=3&size=100&cols=name%2Csale_price&offer=7'
    expect(writeView(view(query)).toString()).toBe(query)
  })

  test('what is as usual is not in the address', () => {
    expect(writeView(view('')).toString()).toBe('')
  })

  test.each([
    ['page=0', { page: 1 }],
    ['page=-4', { page: 1 }],
    ['page=1e3', { page: 1 }],
    ['size=7', { size: 50 }],
    ['status=<script>', { statuses: [] }],
    ['status=active&status=x&status=active', { statuses: ['active'] }],
    ['price_min=1,5', { priceMin: null }],
    ['price_max=-5', { priceMax: null }],
    ['category=a&category=7', { categories: [7] }],
    ['changed_since=2026-99-99', { changedSince: null }],
    ['rank_min=0', { rankMin: null }],
    ['brand=', { brands: [] }],
    ['sort=password', { sort: 'account' }],
    ['stock=99999999', { maxStock: null }],
    ['currency=lei', { currencies: [] }],
    ['sellable=maybe', { sellable: null }],
    ['offer=abc', { offer: null }],
  ])('an odd address %s shows the usual', (query, expected) => {
    expect(view(query)).toMatchObject(expected)
  })

  test('another filter begins at the first page, another column or offer does not', () => {
    const third = view('page=3&q=led')
    expect(changeView(third, { account: 'fbe' }).page).toBe(1)
    expect(changeView(third, { sort: 'sale_price' }).page).toBe(1)
    expect(changeView(third, { columns: ['name'] }).page).toBe(3)
    expect(changeView(third, { offer: 5 }).page).toBe(3)
    expect(changeView(third, { page: 4 }).page).toBe(4)
  })
})

describe('what the API is asked', () => {
  test('only what is filtered by is sent', () => {
    expect(filterQuery(view(''))).toEqual({})
    expect(filterQuery(view('q=+x+&sellable=no&stock=0&currency=BGN&status=inactive'))).toEqual({
      search: 'x',
      sellable: false,
      stock_max: 0,
      currency: ['BGN'],
      status: ['inactive'],
    })
  })

  test('a day begins where the reader is', () => {
    expect(filterQuery(view('changed_since=2026-11-27'))).toEqual({
      changed_since: new Date(2026, 10, 27).toISOString(),
    })
  })

  test('several values are asked for as several', () => {
    const query =
      'brand=A%2CB&brand=C&category=1&vat=2&buy_button=ours&rank_max=3&reason=no_stock&price_min=1'
    expect(filterQuery(view(query))).toEqual({
      brand: ['A,B', 'C'],
      category: [1],
      vat_id: [2],
      buy_button: ['ours'],
      buy_button_rank_max: 3,
      reason: ['no_stock'],
      price_min: '1',
    })
  })

  test('the list is asked for one page in order', () => {
    expect(listQuery(view('sort=-name&page=3&size=25'))).toEqual({ sort: '-name', skip: 50, limit: 25 })
  })

  test('kept addresses that name columns by their older names still show them', () => {
    const kept = view('sort=-price&cols=name%2Csku%2Cstock_quantity')
    expect([kept.sort, kept.descending, kept.columns]).toEqual([
      'sale_price',
      true,
      ['name', 'part_number', 'stock'],
    ])
  })

  test('every filter is counted once', () => {
    expect(filterCount(view('q=x'))).toBe(0)
    expect(
      filterCount(view('account=main&status=active&sellable=yes&stock=0&validation=9&removed=yes')),
    ).toBe(6)
    expect(filterCount(view('brand=A&brand=B&price_min=1&price_max=2'))).toBe(3)
  })

  const SET: Record<keyof Filters, string> = {
    list: 'list=no_image',
    search: 'q=x',
    account: 'account=main',
    statuses: 'status=active',
    sellable: 'sellable=no',
    maxStock: 'stock=0',
    categories: 'category=1',
    brands: 'brand=A',
    priceMin: 'price_min=1',
    priceMax: 'price_max=1',
    currencies: 'currency=EUR',
    vatIds: 'vat=1',
    buyButtons: 'buy_button=ours',
    rankMin: 'rank_min=1',
    rankMax: 'rank_max=1',
    validations: 'validation=1',
    reasons: 'reason=no_stock',
    changedSince: 'changed_since=2026-11-27',
    withRemoved: 'removed=yes',
    happened: 'change=new',
  }
  test.each(Object.entries(SET))('%s is in the address, asks the API, and is taken away', (name, query) => {
    const set = view(query)
    expect(isSet(set, name as keyof Filters)).toBe(true)
    expect(writeView(set).toString()).toBe(query)
    expect(Object.keys(filterQuery(set)).length).toBeGreaterThan(0)
    expect(filterQuery(changeView(set, NO_FILTERS))).toEqual({})
    expect(writeView(changeView(set, NO_FILTERS)).toString()).toBe('')
  })
})
