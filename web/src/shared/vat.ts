/** Prices with VAT and without, exactly: amounts and rates are decimal text, as in the API, with four decimals. */
import i18next from 'i18next'

import { tagOf } from './format.ts'

const SCALE = 4
const ONE = 10n ** BigInt(SCALE)
/** A hundredth, in units of an amount. */
const CENT = 100n

/** An amount with VAT on it, rounded half up to four decimals. `rate` is a fraction, such as `"0.2100"`. */
export function withVat(amount: string, rate: string): string {
  return textOf(divided(unitsOf(amount) * (ONE + unitsOf(rate)), ONE))
}

/** What is left of an amount without its VAT, rounded half up to the four decimals that eMAG takes. */
export function withoutVat(amount: string, rate: string): string {
  return textOf(divided(unitsOf(amount) * ONE, ONE + unitsOf(rate)))
}

/** The same amount with two decimals, rounded half up. */
export function toCents(amount: string): string {
  return textOf(divided(unitsOf(amount), CENT) * CENT)
}

/** A rate in the reader's writing: `21 %`. */
export function formatRate(rate: string, language?: string): string {
  return new Intl.NumberFormat(tagOf(language ?? i18next.language), {
    style: 'percent',
    maximumFractionDigits: 2,
  }).format(Number(rate))
}

function unitsOf(amount: string): bigint {
  const [whole = '', fraction = ''] = amount.replace('-', '').split('.')
  const units = BigInt((whole || '0') + fraction.slice(0, SCALE).padEnd(SCALE, '0'))
  return amount.startsWith('-') ? -units : units
}

function divided(value: bigint, by: bigint): bigint {
  const half = value < 0n ? -(by / 2n) : by / 2n
  return (value + half) / by
}

function textOf(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(SCALE + 1, '0')
  return `${units < 0n ? '-' : ''}${digits.slice(0, -SCALE)}.${digits.slice(-SCALE)}`
}
