/** The fields of an offer, once: which can be edited, which are prices, what the API calls them. Numbers are eMAG's. */

export const PRICES = ['sale_price', 'recommended_price', 'min_sale_price', 'max_sale_price'] as const
/** Kept for each warehouse. */
export const LEVELS = ['stock', 'handling_time'] as const
export const EDITABLE_FIELDS = [...PRICES, ...LEVELS, 'vat_id', 'status'] as const
export type EditableField = (typeof EDITABLE_FIELDS)[number]

/** The validation statuses with which an offer sells. */
export const SELLABLE_VALIDATIONS: ReadonlySet<number> = new Set([3, 9, 11, 12])

const AMOUNTS: ReadonlySet<string> = new Set([...PRICES, 'best_offer_sale_price'])

/** Names that the lists of the API use where eMAG, edits and the change log have another. */
const ALIASES: Readonly<Record<string, string>> = {
  price: 'sale_price',
  stock_quantity: 'stock',
  sku: 'part_number',
}

const STATUS_NAMES: Readonly<Record<string, string>> = {
  '0': 'inactive',
  '1': 'active',
  '2': 'end_of_life',
}

export function isEditable(name: string): name is EditableField {
  return EDITABLE_FIELDS.some((field) => field === name)
}

/** Whether the field's values are amounts of money. */
export function isAmount(name: string): boolean {
  return AMOUNTS.has(canonicalName(name))
}

/** eMAG's name of a field. */
export function canonicalName(name: string): string {
  return ALIASES[name] ?? name
}

/** The name of a status that is given as eMAG's number or, already, as its name. */
export function statusName(status: number | string | null): string {
  return status === null ? 'unknown' : (STATUS_NAMES[String(status)] ?? String(status))
}
