import { expect, test } from 'vitest'

import { formOf, presetBody } from './preset.ts'
import type { Preset } from './queries.ts'

const KEPT: Preset = {
  id: 3,
  name: 'Zero',
  owner: 'ana',
  is_mine: true,
  format: 'csv',
  language: 'en',
  columns: ['stock', 'emag_id'],
  filter: { stock_max: 0 },
  shared: true,
  updated_at: '2026-11-29T03:00:00Z',
}
const NOW = { sellable: true }

test('a new preset is of the language of the page, and of all columns where none is chosen', () => {
  expect(presetBody({ ...formOf(null), name: ' A ' }, null, NOW, 'ro')).toEqual({
    name: 'A',
    format: 'xlsx',
    language: 'ro',
    columns: null,
    filter: null,
    shared: false,
  })
})

test('a preset that is changed keeps what is not touched', () => {
  expect(presetBody(formOf(KEPT), KEPT, NOW, 'ro')).toEqual({
    name: 'Zero',
    format: 'csv',
    language: 'en',
    columns: ['stock', 'emag_id'],
    filter: { stock_max: 0 },
    shared: true,
  })
})

test.each([
  ['found', null],
  ['kept', { stock_max: 0 }],
  ['these', NOW],
] as const)('of the offers %s', (filter, expected) => {
  expect(presetBody({ ...formOf(KEPT), filter }, KEPT, NOW, 'ro').filter).toEqual(expected)
})
