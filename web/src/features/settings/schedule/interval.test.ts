import { expect, it } from 'vitest'

import { inUnits, UNITS } from './interval.ts'

it.each([
  [60, 1, 'minutes'],
  [5400, 90, 'minutes'],
  [7200, 2, 'hours'],
  [86_400, 1, 'days'],
  [129_600, 36, 'hours'],
  [604_800, 7, 'days'],
] as const)('%d seconds are %d %s', (seconds, count, unit) => {
  expect(inUnits(seconds)).toEqual({ count, unit })
  expect(count * UNITS[unit]).toBe(seconds)
})
