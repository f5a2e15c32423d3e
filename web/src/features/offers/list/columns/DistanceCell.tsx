import { formatMoney, formatNumber } from '../../../../shared/index.ts'
import type { Product } from '../../queries.ts'
import { distance } from './distance.ts'

interface Props {
  offer: Pick<Product, 'sale_price' | 'currency'>
  /** Another price that eMAG has in the same row. */
  to: string | null
}

function signed(text: string, value: number): string {
  return value > 0 ? `+${text}` : text
}

/** By how much the price is above another one, in money. */
export function DistanceAmount({ offer, to }: Props) {
  const found = distance(offer.sale_price, to)
  if (found === null) return '–'
  return signed(formatMoney(found.amount, offer.currency, undefined, 2), Number(found.amount))
}

/** The same in percent. */
export function DistancePercent({ offer, to }: Props) {
  const found = distance(offer.sale_price, to)
  if (found === null) return '–'
  return `${signed(formatNumber(found.percent, { maximumFractionDigits: 2 }), found.percent)} %`
}
