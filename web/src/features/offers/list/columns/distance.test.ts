import { expect, it } from 'vitest'

import { distance } from './distance.ts'

it.each([
  ['121.8400', '100.0000', '21.8400', 21.84],
  ['100.0000', '121.8400', '-21.8400', -17.93],
  ['99.9900', '99.9900', '0.0000', 0],
  ['0.0001', '0.0003', '-0.0002', -66.67],
  ['99999999999999.9999', '99999999999999.9998', '0.0001', 0],
])('from %s to %s it is %s, %s %%', (price, other, amount, percent) => {
  expect(distance(price, other)).toEqual({ amount, percent })
})

it.each([
  [null, '1.0000'],
  ['1.0000', null],
  ['1.0000', '0.0000'],
])('there is none between %s and %s', (price, other) => {
  expect(distance(price, other)).toBeNull()
})
