/** The change log of an offer as the points of a chart. */

export interface LoggedChange {
  readonly field: string
  readonly old: string | null
  readonly new: string | null
  readonly at: string
}

/** One moment; `null` where the value is not known. Amounts are numbers here, for drawing only. */
export interface Point {
  readonly at: number
  readonly price: number | null
  readonly stock: number | null
}

interface Present {
  readonly price: string | null
  readonly stock_quantity: number
  readonly created_at: string
  readonly last_synced_at: string
}

/**
 * The course of price and stock, oldest first, from the present back through `newestFirst`. Values hold from one point
 * to the next. With `complete` false, older changes exist, and the course begins at the oldest one that is given.
 */
export function course(present: Present, newestFirst: readonly LoggedChange[], complete: boolean): Point[] {
  let price = amount(present.price)
  let stock: number | null = present.stock_quantity
  const points: Point[] = [{ at: Date.parse(present.last_synced_at), price, stock }]
  const followed = newestFirst.filter((change) => change.field === 'sale_price' || change.field === 'stock')
  for (const change of followed) {
    const at = Date.parse(change.at)
    const newest = points[points.length - 1]
    if (newest === undefined || newest.at !== at) points.push({ at, price, stock })
    if (change.field === 'sale_price') price = amount(change.old)
    else stock = amount(change.old)
  }
  const begin = Date.parse(present.created_at)
  const oldest = points[points.length - 1]
  if (complete && oldest !== undefined && begin < oldest.at) points.push({ at: begin, price, stock })
  return points.reverse()
}

/** The least and the greatest of the values that are known. */
export function range(points: readonly Point[], of: 'price' | 'stock'): readonly [number, number] | null {
  const values = points.map((point) => point[of]).filter((value) => value !== null)
  return values.length === 0 ? null : [Math.min(...values), Math.max(...values)]
}

function amount(text: string | null): number | null {
  if (text === null || text.trim() === '') return null
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}
