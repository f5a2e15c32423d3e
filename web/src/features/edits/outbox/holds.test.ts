import { expect, it } from 'vitest'

import { countsOf, isInForce, offersOf } from './holds.ts'

it.each([
  ['push', 'waiting', true],
  ['push', 'refused', false],
  ['push', 'released', false],
  ['sync', 'waiting', true],
  ['sync', 'refused', true],
  ['sync', 'released', false],
])('a hold of a %s that is %s is in force: %s', (kind, state, inForce) => {
  expect(isInForce({ kind, state })).toBe(inForce)
})

it('says only what there is', () => {
  expect(countsOf({ counts: { repriced: 60, zeroed: 0 } })).toEqual([{ alarm: 'repriced', offers: 60 }])
})

it('counts the offers that it stopped, and not those whose price was only recalculated', () => {
  expect(offersOf({ counts: { repriced: 60, zeroed: 2, recalculated: 500 } })).toBe(62)
})
