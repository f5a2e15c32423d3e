import { expect, it } from 'vitest'

import { readState, writeState } from './url-state.ts'

const DEFAULTS = { page: 1, search: '', sellable: false, columns: ['name'], status: null as string | null }

it('what the address does not say has its default', () => {
  expect(readState(new URLSearchParams(''), DEFAULTS)).toEqual(DEFAULTS)
})

it('the address says only what differs, and is read back as it was', () => {
  const state = { page: 3, search: 'a&b=č', sellable: true, columns: ['name', 'price'], status: 'active' }
  const params = writeState(new URLSearchParams('other=1'), state, DEFAULTS)
  expect(readState(new URLSearchParams(params.toString()), DEFAULTS)).toEqual(state)
  expect(params.get('other')).toBe('1')
  expect(writeState(params, DEFAULTS, DEFAULTS).toString()).toBe('other=1')
})

it('nonsense in the address counts as not there', () => {
  expect(readState(new URLSearchParams('page=x&sellable=maybe'), DEFAULTS)).toEqual(DEFAULTS)
})
