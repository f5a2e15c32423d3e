/** How far a price is from another one of the same offer, exactly: amounts are decimal text, as in the API. */

const SCALE = 4
const PERCENT = 100n
/** Hundredths of a percent. */
const STEPS = 100n

export interface Distance {
  /** What the price is above the other one; negative below it. */
  readonly amount: string
  /** The same in percent of the other one, to two decimals. */
  readonly percent: number
}

/**
 * From another price to ours; null where one of them is not known, or the other one is nothing. Both are of one row of
 * eMAG's, and so in one currency: prices of different rows are not compared.
 */
export function distance(price: string | null, other: string | null): Distance | null {
  if (price === null || other === null) return null
  const [ours, theirs] = [unitsOf(price), unitsOf(other)]
  if (theirs <= 0n) return null
  const above = ours - theirs
  return { amount: textOf(above), percent: Number(rounded(above * PERCENT * STEPS, theirs)) / Number(STEPS) }
}

function unitsOf(amount: string): bigint {
  const [whole = '', fraction = ''] = amount.replace('-', '').split('.')
  const units = BigInt((whole || '0') + fraction.slice(0, SCALE).padEnd(SCALE, '0'))
  return amount.startsWith('-') ? -units : units
}

function rounded(value: bigint, by: bigint): bigint {
  return (value + (value < 0n ? -(by / 2n) : by / 2n)) / by
}

function textOf(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(SCALE + 1, '0')
  return `${units < 0n ? '-' : ''}${digits.slice(0, -SCALE)}.${digits.slice(-SCALE)}`
}
