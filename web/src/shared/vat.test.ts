import { describe, expect, it } from 'vitest'

import { formatRate, toCents, withoutVat, withVat } from './vat.ts'

describe('prices with and without VAT', () => {
  it.each([
    ['165.2810', '0.2100', '199.9900'],
    ['100', '0.2100', '121.0000'],
    ['1714.7793', '0.1100', '1903.4050'],
    ['0.0001', '0.2100', '0.0001'],
    ['99999999999999.9999', '0.2700', '126999999999999.9999'],
    ['12.34', '0.0000', '12.3400'],
  ])('%s at %s is %s with VAT', (net, rate, gross) => {
    expect(withVat(net, rate)).toBe(gross)
  })

  it('what is entered with VAT is that again, to the cent, once it is stored without', () => {
    for (const rate of ['0.2100', '0.1100', '0.2000', '0.0900', '0.2700', '0.1800', '0.0500', '0.0000']) {
      for (let cents = 1n; cents < 400_000n; cents += 1237n) {
        const gross = `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}00`
        expect(toCents(withVat(withoutVat(gross, rate), rate))).toBe(gross)
      }
    }
  })

  it('a rate is written as the reader writes it', () => {
    expect(formatRate('0.2100', 'ro').replace(/\s/g, ' ')).toBe('21 %')
    expect(formatRate('0.0550', 'en')).toBe('5.5%')
  })
})
