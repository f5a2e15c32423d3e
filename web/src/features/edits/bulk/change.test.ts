import i18next from 'i18next'
import { beforeAll, describe, expect, it } from 'vitest'

import { amountOf, changeBody, EMPTY_FORM, waysOf, type ChangeForm } from './change.ts'

const body = (form: Partial<ChangeForm>) => changeBody({ ...EMPTY_FORM, ...form })

beforeAll(async () => {
  await i18next.init({ lng: 'ro', resources: {} })
})

describe('a change of many offers', () => {
  it('sets a price as it was typed, with a comma too', () => {
    expect(body({ typed: '105,5' })).toEqual({ set: { sale_price: '105.5', confirm: false } })
  })

  it('understands amounts as the reader writes them', () => {
    expect(amountOf('1.234,50')).toBe('1234.5')
    expect(amountOf('1.050')).toBe('1050')
    expect(amountOf('699,90 lei')).toBe('699.9')
  })

  it('raises and lowers prices by a percentage or an amount', () => {
    expect(body({ way: 'raise', typed: '12,5' })).toEqual({
      adjust: { sale_price: { percent: '12.5', decimals: 2 } },
    })
    expect(body({ field: 'max_sale_price', way: 'lower', unit: 'money', typed: '3' })).toEqual({
      adjust: { max_sale_price: { change: '-3', decimals: 2 } },
    })
  })

  it('takes stock by pieces, of one warehouse where it is named', () => {
    expect(body({ field: 'stock', typed: '7', warehouse: '2' })).toEqual({
      set: { stock: 7, confirm: false },
      warehouse_id: 2,
    })
    expect(body({ field: 'stock', way: 'lower', typed: '7' })).toEqual({
      set: { stock_change: -7, confirm: false },
    })
  })

  it('knows no difference of a status, a handling time or a VAT rate', () => {
    expect(waysOf('status')).toEqual(['set'])
    expect(body({ field: 'status', way: 'lower', status: '0' })).toEqual({
      set: { status: 'inactive', confirm: false },
    })
    expect(body({ field: 'handling_time', way: 'raise', typed: '3' })).toEqual({
      set: { handling_time: 3, confirm: false },
    })
    expect(body({ field: 'vat_id', typed: '1' })).toEqual({ set: { vat_id: 1, confirm: false } })
  })

  it.each(['', 'x', '-5', '1.23.4', '5%', '1,23456', '3 buc'])('is not asked for with %j', (typed) => {
    expect(amountOf(typed)).toBeNull()
    expect(body({ way: 'raise', typed })).toBeNull()
  })

  it('is not asked for with a part of a piece, or a warehouse that is no number', () => {
    expect(body({ field: 'stock', typed: '1,5' })).toBeNull()
    expect(body({ field: 'stock', typed: '1', warehouse: 'A' })).toBeNull()
  })
})
