/** Conflicts between two currencies: their numbers cannot be compared, and ours cannot be kept as it is. */
import type { Conflict } from '../queries.ts'

type Sides = Pick<Conflict, 'currency' | 'emag_currency'>

export function isOfCurrency({ currency, emag_currency: emag }: Sides): boolean {
  return currency !== null && emag !== null && currency !== emag
}

/** What a side's amount is in, where that has to be said; null: it is the offer's, as everywhere. */
export function currencyOf(conflict: Sides, side: 'base' | 'local' | 'emag'): string | null {
  if (!isOfCurrency(conflict)) return null
  return side === 'emag' ? conflict.emag_currency : conflict.currency
}
