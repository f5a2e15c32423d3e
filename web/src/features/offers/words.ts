/** What eMAG's numbers mean. Source: eMAG's API documentation, v4.4.9. */

/** The validation statuses with which an offer sells. */
export const SELLABLE_VALIDATIONS: ReadonlySet<number> = new Set([3, 9, 11, 12])

/** The fields of a change whose values are amounts. */
export const AMOUNTS: ReadonlySet<string> = new Set([
  'sale_price',
  'recommended_price',
  'min_sale_price',
  'max_sale_price',
  'best_offer_sale_price',
])

/** The API's names of the fields that the change log calls otherwise. */
export const FIELD_NAMES: Readonly<Record<string, string>> = {
  sale_price: 'price',
  stock: 'stock_quantity',
  part_number: 'sku',
}

export const STATUS_NAMES: Readonly<Record<string, string>> = {
  '0': 'inactive',
  '1': 'active',
  '2': 'end_of_life',
}
