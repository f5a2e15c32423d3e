/** Lists to work through: offers with something to be done about, as `/offers?list=low_stock` names them. */

export const WORKING_LISTS = [
  'out_of_stock',
  'low_stock',
  'not_for_sale',
  'buy_button_lost',
  'outside_limits',
  'not_seen',
  'no_image',
  'same_ean',
] as const

export type WorkingList = (typeof WORKING_LISTS)[number]

/** What is low where no other number is chosen. */
export const LOW_STOCK = 5
const NOT_SEEN_DAYS = 7

/** The list as the API's filters. `maxStock` is the stock that is chosen beside it; `now` decides what was long ago. */
export function workingListQuery(list: WorkingList, maxStock: number | null, now: Date) {
  switch (list) {
    case 'out_of_stock':
      return { status: ['active' as const], stock_max: 0 }
    case 'low_stock':
      return { status: ['active' as const], stock_min: 1, stock_max: Math.max(maxStock ?? LOW_STOCK, 1) }
    case 'not_for_sale':
      return { sellable: false }
    case 'buy_button_lost':
      return { sellable: true, buy_button: ['others' as const] }
    case 'outside_limits':
      return { price_outside_limits: true }
    case 'not_seen':
      return { seen_before: startOfDay(now, NOT_SEEN_DAYS).toISOString() }
    case 'no_image':
      return { has_image: false }
    case 'same_ean':
      return { same_ean: true }
  }
}

/** The same instant all day, so that the list is asked for once and not at every drawing. */
function startOfDay(now: Date, daysAgo: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo)
}
