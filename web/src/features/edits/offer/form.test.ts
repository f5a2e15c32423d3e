import i18next from 'i18next'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { Schemas } from '../../../api/client.ts'
import {
  changesOf,
  entriesOf,
  grossTyped,
  netTyped,
  quickStart,
  quickValues,
  readStock,
  targetOf,
  understood,
} from './form.ts'

const OFFER = {
  sale_price: '121.8400',
  recommended_price: null,
  min_sale_price: '100.0000',
  max_sale_price: '200.5050',
  stock: 7,
  handling_time: 1,
  vat_id: 1,
  status_code: 1,
  payload: {
    stock: [
      { warehouse_id: 1, value: 5 },
      { warehouse_id: 2, value: 2 },
    ],
    handling_time: [{ warehouse_id: 1, value: 1 }],
  },
  pending_edits: [],
  effective: null,
} as unknown as Schemas['ProductDetail']

const texts = (offer: Schemas['ProductDetail']) =>
  Object.fromEntries(entriesOf(offer).map(({ key, value }) => [key, value]))

beforeEach(async () => {
  await i18next.init({ lng: 'ro', resources: {} })
})
afterEach(async () => {
  await i18next.changeLanguage('ro')
})

it.each([
  ['ro', '1.500', '1500', '1.714,7793'],
  ['en', '1.500', '1.500', '1,714.7793'],
])(
  'the editors show and take numbers as a reader of %s writes them',
  async (language, typed, sent, shown) => {
    await i18next.changeLanguage(language)
    expect(quickStart({ ...OFFER, sale_price: '1714.7793' }, 'sale_price')).toBe(shown)
    expect(quickValues('sale_price', shown)).toEqual({ sale_price: '1714.7793', confirm: false })
    expect(quickValues('sale_price', typed)).toMatchObject({
      sale_price: Number(sent) === 1.5 ? '1.5' : sent,
    })
    expect(entriesOf({ ...OFFER, sale_price: '1714.7793' })[0]?.value).toBe(shown)
  },
)

it.each([
  ['1.599,90', null],
  ['1599,9', { amount: '1599.9', isRounded: false }],
  ['1.050', { amount: '1050', isRounded: false }],
  ['1,050', { amount: '1.05', isRounded: false }],
  ['699,90 lei', { amount: '699.9', isRounded: false }],
  ['128,634453', { amount: '128.6345', isRounded: true }],
  ['x', null],
])('of the price "%s" it says what was understood: %o', (typed, told) => {
  expect(understood('sale_price', typed)).toEqual(told)
})

describe('the form of an offer', () => {
  it('has an input for every value, one for each warehouse', () => {
    expect(texts(OFFER)).toEqual({
      sale_price: '121,84',
      recommended_price: '',
      min_sale_price: '100,00',
      max_sale_price: '200,505',
      'stock@1': '5',
      'stock@2': '2',
      'handling_time@1': '1',
      vat_id: '1',
      status: '1',
    })
  })

  it('begins with the edits that wait', () => {
    const effective = { ...OFFER, sale_price: '99.0000' } as unknown as Schemas['EffectiveValues']
    const waiting = {
      ...OFFER,
      effective,
      pending_edits: [
        { field: 'stock', warehouse_id: 2, kind: 'relative', value: '-5' },
        { field: 'stock', warehouse_id: 1, kind: 'absolute', value: '9' },
      ],
    } as unknown as Schemas['ProductDetail']
    expect(texts(waiting)).toMatchObject({ sale_price: '99,00', 'stock@1': '9', 'stock@2': '0' })
  })

  it('has one warehouse where the row of eMAG names none that can be read', () => {
    const broken = { ...OFFER, payload: { stock: [{ value: 'x' }] } } as unknown as Schemas['ProductDetail']
    expect(texts(broken)).toMatchObject({ 'stock@1': '7', 'handling_time@1': '1' })
  })
})

describe('what is sent for a form', () => {
  const send = (typed: Record<string, string>) => changesOf(entriesOf(OFFER), typed)

  it('is only what changed', () => {
    expect(send({ sale_price: ' 130,50 ', min_sale_price: '100,00', vat_id: '2' })).toEqual({
      sale_price: '130.5',
      vat_id: 2,
      confirm: false,
    })
  })

  it('is nothing when nothing changed, or was emptied', () => {
    expect(send({ 'stock@1': '5', sale_price: '' })).toBeNull()
  })

  it('says of which warehouse, and whether it is a difference', () => {
    expect(send({ 'stock@1': '+3', 'stock@2': '0', 'handling_time@1': '2' })).toEqual({
      stock: [
        { warehouse_id: 1, change: 3 },
        { warehouse_id: 2, value: 0 },
      ],
      handling_time: [{ warehouse_id: 1, value: 2 }],
      confirm: false,
    })
  })

  it('leaves what is no number to the server, which says where it is', () => {
    expect(send({ 'stock@1': 'mult' })).toMatchObject({ stock: [{ warehouse_id: 1, value: 'mult' }] })
  })
})

it.each([
  ['12', { value: 12 }],
  ['+5', { change: 5 }],
  ['-3', { change: -3 }],
  ['−3', { change: -3 }],
  ['300 buc', { value: 300 }],
  ['1.050', { value: 1050 }],
  ['', null],
  ['5,5', null],
  ['12 lei', null],
  ['cinci', null],
])('the stock "%s" means %o', (typed, meant) => {
  expect(readStock(typed)).toEqual(meant)
})

it('the table edits one value at a time', () => {
  expect(quickValues('sale_price', '99,90')).toEqual({ sale_price: '99.9', confirm: false })
  expect(quickValues('stock', '-2')).toEqual({ stock_change: -2, confirm: false })
  expect(quickValues('stock', '4')).toEqual({ stock: 4, confirm: false })
  expect(quickValues('status', '0')).toEqual({ status: 'inactive', confirm: false })
  expect(quickValues('stock', 'x')).toBeNull()
  expect(quickValues('sale_price', ' ')).toBeNull()
  expect(quickStart(OFFER, 'sale_price')).toBe('121,84')
  expect(quickStart({ ...OFFER, stock: 0 }, 'stock')).toBe('0')
})

it('a difference comes to what is there with it, never below nothing', () => {
  expect(targetOf('368', '+3', 'relative')).toBe('371')
  expect(targetOf('2', '-3', 'relative')).toBe('0')
  expect(targetOf(null, '+3', 'relative')).toBeNull()
  expect(targetOf('368', '3')).toBe('3')
})

describe('a price that is entered with VAT or without', () => {
  it.each([
    ['ro', '199,99', '165,281', '199,99'],
    ['ro', '1.999', '1.652,0661', '1.999,00'],
    ['ro', '121 lei', '100,00', '121,00'],
    ['en', '1,999.00', '1,652.0661', '1,999.00'],
  ])('in %s: %s is %s without, which is shown as %s with', async (language, gross, net, shown) => {
    await i18next.changeLanguage(language)
    expect(netTyped(gross, '0.2100')).toBe(net)
    expect(grossTyped(net, '0.2100')).toBe(shown)
    // What is sent is the price without VAT.
    const sent = changesOf(entriesOf(OFFER), { sale_price: net })
    expect(Number(sent?.sale_price)).toBeCloseTo(
      Number(shown.replace(/[.,](?=\d{3})/g, '').replace(',', '.')) / 1.21,
      3,
    )
  })

  it.each(['', 'abc', '1.599,90,1'])('%s is none', (text) => {
    expect(netTyped(text, '0.2100')).toBeNull()
    expect(grossTyped(text, '0.2100')).toBe('')
  })
})
