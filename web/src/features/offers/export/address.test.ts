import { describe, expect, test } from 'vitest'

import { readView } from '../view.ts'
import { exportAddress, presetAddress, readerOf } from './address.ts'

const EXPORT = '/api/v1/emag/products/products/export'
const READER = { language: 'ro', time_zone: 'Europe/Bucharest' } as const
const view = (query: string) => readView(new URLSearchParams(query))

describe('the address of an export', () => {
  test('has the filters of the table, the reader, and neither page nor columns', () => {
    expect(
      exportAddress(view('q=a%26b&account=main&page=9&cols=name&brand=A%2CB&brand=C'), 'xlsx', READER),
    ).toBe(
      `${EXPORT}?format=xlsx&language=ro&time_zone=Europe%2FBucharest&search=a%26b&account=main&brand=A%2CB&brand=C`,
    )
  })

  test('by a preset is of its own filters, or of those of the table where it has none', () => {
    const shown = view('stock=0')
    expect(presetAddress(shown, { id: 3, filter: null }, 'UTC')).toBe(
      `${EXPORT}?preset=3&time_zone=UTC&stock_max=0`,
    )
    expect(presetAddress(shown, { id: 3, filter: { sellable: true } }, 'UTC')).toBe(
      `${EXPORT}?preset=3&time_zone=UTC`,
    )
  })

  test('is for the language of the page', () => {
    expect(readerOf('ro').language).toBe('ro')
    expect(readerOf('en').language).toBe('en')
    expect(readerOf('en').time_zone).not.toBe('')
  })
})
