import { expect, it } from 'vitest'

import { inSeconds, inUnits, meant, others } from './targets.ts'

it.each([
  [900, 15, 'minutes'],
  [3600, 1, 'hours'],
  [5400, 90, 'minutes'],
  [86_400, 1, 'days'],
  [90_000, 25, 'hours'],
] as const)('%d s are %d %s, and back', (seconds, value, unit) => {
  expect(inUnits(seconds)).toEqual({ value, unit })
  expect(inSeconds(value, unit)).toBe(seconds)
})

it('sends only the filters that filter', () => {
  const answered = { status: [], sellable: null, stock_max: 0, validation_status: [9], search: null }
  expect(meant(answered)).toEqual({ stock_max: 0, validation_status: [9] })
  expect(meant(undefined)).toEqual({})
})

it('names the filters that the page does not edit', () => {
  expect(others({ stock_max: 4, status: ['active'], category_id: 506, emag_id: [1, 2] })).toEqual([
    'category_id 506',
    'emag_id 1, 2',
  ])
})
