import { describe, expect, test } from 'vitest'

import {
  changeView,
  exportAddress,
  filterCount,
  filterQuery,
  listQuery,
  readView,
  writeView,
} from './view.ts'

const view = (query: string) => readView(new URLSearchParams(query))

describe('the address of the offers table', () => {
  test('an address says the whole view and the view says the address', () => {
    const query =
      'q=lamp%C4%83+led&account=main&status=inactive&sellable=no&stock=0&currency=EUR&validation=8&removed=yes&change=unsellable&change_since=2026-11-27T22%3A00%3A00.000Z&sort=-price&page=3&size=100&cols=name%2Cprice&offer=7'
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
    ['status=<script>', { status: null }],
    ['sort=password', { sort: 'account' }],
    ['stock=99999999', { maxStock: null }],
    ['currency=lei', { currency: null }],
    ['sellable=maybe', { sellable: null }],
    ['offer=abc', { offer: null }],
  ])('an odd address %s shows the usual', (query, expected) => {
    expect(view(query)).toMatchObject(expected)
  })

  test('another filter begins at the first page, another column or offer does not', () => {
    const third = view('page=3&q=led')
    expect(changeView(third, { account: 'fbe' }).page).toBe(1)
    expect(changeView(third, { sort: 'price' }).page).toBe(1)
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
      currency: 'BGN',
      status: ['inactive'],
    })
  })

  test('the list is asked for one page in order', () => {
    expect(listQuery(view('sort=-name&page=3&size=25'))).toEqual({ sort: '-name', skip: 50, limit: 25 })
  })

  test('an export has the filters of the table and neither its page nor its columns', () => {
    expect(exportAddress(view('q=a%26b&account=main&page=9&cols=name'), 'xlsx')).toBe(
      '/api/v1/emag/products/products/export?format=xlsx&search=a%26b&account_type=main',
    )
  })

  test('every filter is counted once', () => {
    expect(filterCount(view('q=x'))).toBe(0)
    expect(
      filterCount(view('account=main&status=active&sellable=yes&stock=0&validation=9&removed=yes')),
    ).toBe(6)
  })
})
