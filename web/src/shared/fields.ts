/** The fields of an offer, once: which can be edited, which are prices, what the API calls them. Numbers are eMAG's. */

import type { Schemas } from '../api/client.ts'

export type EditableField = Schemas['EditableField']

/** What can be edited, and how it is entered. It does not compile unless it has just the fields that the API names. */
const EDITABLE = {
  sale_price: 'price',
  recommended_price: 'price',
  min_sale_price: 'price',
  max_sale_price: 'price',
  stock: 'level',
  handling_time: 'level',
  vat_id: 'number',
  status: 'choice',
} as const satisfies Record<EditableField, 'price' | 'level' | 'number' | 'choice'>

type OfKind<Kind> = { [F in EditableField]: (typeof EDITABLE)[F] extends Kind ? F : never }[EditableField]

export const EDITABLE_FIELDS = Object.keys(EDITABLE) as EditableField[]
export const PRICES = EDITABLE_FIELDS.filter((field): field is OfKind<'price'> => EDITABLE[field] === 'price')
/** Kept for each warehouse. */
export const LEVELS = EDITABLE_FIELDS.filter((field): field is OfKind<'level'> => EDITABLE[field] === 'level')

/** The validation statuses with which an offer sells. */
export const SELLABLE_VALIDATIONS: ReadonlySet<number> = new Set([3, 9, 11, 12])

const AMOUNTS: ReadonlySet<string> = new Set([
  ...PRICES,
  'best_offer_sale_price',
  'main_offer_price',
  'sale_price_with_vat',
])

const STATUS_NAMES: Readonly<Record<string, string>> = {
  '0': 'inactive',
  '1': 'active',
  '2': 'end_of_life',
}

/** Whether the field's values are amounts of money. */
export function isAmount(name: string): boolean {
  return AMOUNTS.has(name)
}

/** A status as edits name it, of eMAG's number as the forms keep it. */
export function statusToSet(number: string): 'inactive' | 'active' | 'end_of_life' {
  return number === '0' ? 'inactive' : number === '1' ? 'active' : 'end_of_life'
}

/** The name of a status that is given as eMAG's number or, already, as its name. */
export function statusName(status: number | string | null): string {
  return status === null ? 'unknown' : (STATUS_NAMES[String(status)] ?? String(status))
}
