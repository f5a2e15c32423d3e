import { expect, it } from 'vitest'

import { boundOf } from './RangeField.tsx'

it.each([
  ['1.599,90', 'ro', '1599.9'],
  ['1,599.90', 'en', '1599.9'],
  ['1.050', 'ro', '1050'],
  ['1.050', 'en', '1.05'],
  ['99 lei', 'ro', '99'],
  ['0', 'ro', '0'],
  ['-5', 'ro', undefined],
  ['ieftin', 'ro', undefined],
  ['99999999999', 'ro', undefined],
])('a price bound of %s, in %s, is %s', (typed, language, amount) => {
  expect(boundOf(typed, 'amount', language)).toBe(amount)
})

it.each([
  ['2', '2'],
  ['1.000', '1000'],
  ['0', undefined],
  ['1,5', undefined],
  ['', undefined],
])('a place of %s is %s', (typed, place) => {
  expect(boundOf(typed, 'whole', 'ro')).toBe(place)
})
