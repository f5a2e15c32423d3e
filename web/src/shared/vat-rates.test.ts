import i18next from 'i18next'
import { beforeEach, expect, test } from 'vitest'

import { fractionOf, ratesOf, vatText } from './vat-rates.ts'

const RATES = [
  { account: 'main', vat_id: 2, rate: '0.1100', name: null },
  { account: 'main', vat_id: 1, rate: '0.2100', name: 'standard' },
  { account: 'fbe', vat_id: 1, rate: '0.2100', name: 'standard' },
  { account: 'bg', vat_id: 2, rate: '0.2000', name: null },
]

beforeEach(async () => {
  await i18next.init({ lng: 'en', resources: {} })
})

test('a VAT rate is told by rate and name, as its account has it', () => {
  expect([...ratesOf(RATES, 'main').keys()]).toEqual([1, 2])
  expect(vatText(ratesOf(RATES, 'main'), 1)).toBe('21% (standard)')
  expect(vatText(ratesOf(RATES, 'main'), 2)).toBe('11%')
  expect(vatText(ratesOf(RATES, 'main'), 9)).toBeNull()
})

test('of several accounts a number has all that it means', () => {
  const all = ratesOf(RATES, null)
  expect([vatText(all, 1), vatText(all, 2)]).toEqual(['21% (standard)', '11% / 20%'])
  expect([fractionOf(all, 1), fractionOf(all, 2), fractionOf(all, 3)]).toEqual(['0.2100', null, null])
})
