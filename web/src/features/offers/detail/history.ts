/** The change log of an offer as the points of a chart. */

export interface LoggedChange {
  readonly field: string
  readonly old: string | null
  readonly new: string | null
  /** Of an amount: what the old value is in, where that is known. */
  readonly old_currency?: string | null
  readonly at: string
}

/** One moment; `null` where the value is not known. Amounts are numbers here, for drawing only. */
export interface Point {
  readonly at: number
  readonly price: number | null
  /** What the price is in. */
  readonly currency: string
  readonly stock: number | null
}

interface Present {
  readonly sale_price: string | null
  readonly currency: string
  readonly stock: number
  readonly created_at: string
  readonly last_synced_at: string
}

const FOLLOWED: readonly string[] = ['sale_price', 'currency', 'stock']

/**
 * The course of price and stock, oldest first, from the present back through `newestFirst`. Values hold from one point
 * to the next. Where the currency changed there are two points: the end of the old prices, and the first new one. With
 * `complete` false, older changes exist, and the course begins at the oldest one that is given.
 */
export function course(present: Present, newestFirst: readonly LoggedChange[], complete: boolean): Point[] {
  let now = {
    price: amount(present.sale_price),
    currency: present.currency,
    stock: present.stock as number | null,
  }
  const points: Point[] = [{ at: Date.parse(present.last_synced_at), ...now }]
  const followed = newestFirst.filter((change) => FOLLOWED.includes(change.field))
  for (const [at, together] of byMoment(followed)) {
    if (points[points.length - 1]?.at !== at) points.push({ at, ...now })
    const { currency } = now
    for (const change of together) now = before(now, change)
    if (now.currency !== currency) points.push({ at, ...now })
  }
  const begin = Date.parse(present.created_at)
  const oldest = points[points.length - 1]
  if (complete && oldest !== undefined && begin < oldest.at) points.push({ at: begin, ...now })
  return points.reverse()
}

/** The course from a moment on, with the values that held then. Unchanged where it begins later. */
export function courseSince(points: readonly Point[], from: number): Point[] {
  const later = points.filter(({ at }) => at > from)
  const held = points.filter(({ at }) => at <= from).at(-1)
  return held === undefined ? later : [{ ...held, at: from }, ...later]
}

/** The currencies of a course, the oldest first. */
export function currenciesOf(points: readonly Point[]): string[] {
  return [...new Set(points.map(({ currency }) => currency))]
}

/** The course with the prices of one currency only: those of others are on no common axis with them. */
export function inCurrency(points: readonly Point[], currency: string): Point[] {
  return points.map((point) => (point.currency === currency ? point : { ...point, price: null }))
}

/** Whether neither price nor stock changed: there is nothing to draw. */
export function isLevel(points: readonly Point[]): boolean {
  const [first, ...rest] = points
  return rest.every(
    ({ price, currency, stock }) =>
      price === first?.price && currency === first.currency && stock === first.stock,
  )
}

/** The least and the greatest of the values that are known. */
export function range(points: readonly Point[], of: 'price' | 'stock'): readonly [number, number] | null {
  const values = points.map((point) => point[of]).filter((value) => value !== null)
  return values.length === 0 ? null : [Math.min(...values), Math.max(...values)]
}

type Values = Pick<Point, 'price' | 'currency' | 'stock'>

/** The values as they were before a change. */
function before(values: Values, change: LoggedChange): Values {
  switch (change.field) {
    case 'sale_price':
      return { ...values, price: amount(change.old), currency: change.old_currency ?? values.currency }
    case 'currency':
      return { ...values, currency: change.old ?? values.currency }
    default:
      return { ...values, stock: amount(change.old) }
  }
}

/** Changes of the same moment were read, and are shown, together. */
function byMoment(changes: readonly LoggedChange[]): Map<number, LoggedChange[]> {
  const found = new Map<number, LoggedChange[]>()
  for (const change of changes) {
    const at = Date.parse(change.at)
    found.set(at, [...(found.get(at) ?? []), change])
  }
  return found
}

function amount(text: string | null): number | null {
  if (text === null || text.trim() === '') return null
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}
