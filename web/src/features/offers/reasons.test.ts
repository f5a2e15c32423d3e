import { expect, test } from 'vitest'

import en from './i18n/en.json'
import ro from './i18n/ro.json'
import { reasonKey } from './reasons.ts'

test('a documented reason has its own texts', () => {
  expect(reasonKey('no_stock')?.key).toBe('no_stock')
  expect(reasonKey('validation_8')?.key).toBe('validation_8')
})

test('an undocumented number is named with its number', () => {
  expect(reasonKey('validation_99')).toEqual({ key: 'validation', code: '99' })
  expect(reasonKey('offer_validation_7')).toEqual({ key: 'offer_validation', code: '7' })
})

test('a code of the future has no texts of ours', () => {
  expect(reasonKey('something_new')).toBeNull()
})

test.each([
  ['ro', ro],
  ['en', en],
])('every reason has a text and a next step in %s', (_, texts) => {
  const codes = ['inactive', 'end_of_life', 'unknown_status', 'no_stock', 'unknown_stock', 'invalid_price']
  const numbered = [0, 1, 2, 4, 5, 6, 8, 10, 13, 14, 15, 16, 99].map((number) => `validation_${number}`)
  for (const code of [
    ...codes,
    'unknown_validation',
    'unknown_offer_validation',
    'offer_validation_5',
    ...numbered,
  ]) {
    const key = reasonKey(code)?.key ?? code
    const reason = (texts.reasons as Record<string, { text: string; next: string } | undefined>)[key]
    expect(reason?.text, code).toBeTruthy()
    expect(reason?.next, code).toBeTruthy()
  }
})
