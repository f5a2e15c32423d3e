import { describe, expect, test } from 'vitest'

import { currencyOf, isOfCurrency } from './currencies.ts'

describe('the currencies of a conflict', () => {
  test.each([
    ['BGN', 'EUR', true],
    ['EUR', 'EUR', false],
    [null, 'EUR', false],
    [null, null, false],
  ])('%s and %s', (currency, emag_currency, expected) => {
    expect(isOfCurrency({ currency, emag_currency })).toBe(expected)
    expect(currencyOf({ currency, emag_currency }, 'base')).toBe(expected ? 'BGN' : null)
    expect(currencyOf({ currency, emag_currency }, 'emag')).toBe(expected ? 'EUR' : null)
  })
})
