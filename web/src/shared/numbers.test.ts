import { expect, it } from 'vitest'

import cases from './numbers.cases.json'
import { decimalMark, readNumber, toAmount, typedAmount, type DecimalMark } from './numbers.ts'

const MARKS: readonly ['ro' | 'en' | 'unknown', DecimalMark | null][] = [
  ['ro', decimalMark('ro')],
  ['en', decimalMark('en')],
  ['unknown', null],
]

/** A number however many zeros it was given. */
function plain(value: string): string {
  const [whole = '', fraction = ''] = value.split('.')
  const kept = fraction.replace(/0+$/, '')
  return `${whole.replace(/^(-?)0+(?=\d)/, '$1')}${kept === '' ? '' : `.${kept}`}`
}

it.each(cases.flatMap((one) => MARKS.map(([name, mark]) => ({ ...one, name, mark, wanted: one[name] }))))(
  'reads $text ($name) as $wanted',
  ({ text, mark, wanted, currency, pieces, sign }) => {
    const read = readNumber(text, mark)
    if (wanted === 'ambiguous' || wanted === 'not_a_number') {
      expect(read).toBe(wanted)
      return
    }
    expect(read).toMatchObject({ currency, inPieces: pieces, hasSign: sign })
    expect(plain(typeof read === 'string' ? read : read.value)).toBe(plain(wanted))
  },
)

it('has a table of at least fifty texts', () => {
  expect(new Set(cases.map(({ text }) => text)).size).toBeGreaterThanOrEqual(50)
})

it.each([
  ['1714.7793', 'ro', '1.714,7793'],
  ['1714.7793', 'en', '1,714.7793'],
  ['121.8400', 'ro', '121,84'],
  ['121.8450', 'ro', '121,845'],
  ['121.0000', 'en', '121.00'],
  ['99999999999999.9999', 'ro', '99.999.999.999.999,9999'],
  [null, 'ro', ''],
])('shows %s (%s) to be typed as %s, and reads that again', (amount, language, typed) => {
  expect(typedAmount(amount, language)).toBe(typed)
  if (amount === null) return
  const read = readNumber(typed, decimalMark(language))
  expect(typeof read === 'string' ? read : toAmount(read.value).amount).toBe(toAmount(amount).amount)
})

it.each([
  ['128.634453781513', '128.6345', true],
  ['128.63445', '128.6345', true],
  ['9999.99995', '10000.0000', true],
  ['0.00004', '0.0000', true],
  ['128.6300', '128.63', false],
  ['128', '128', false],
])('rounds %s to %s', (value, amount, isRounded) => {
  expect(toAmount(value)).toEqual({ amount, isRounded })
})
