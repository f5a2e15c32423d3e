import type { Schemas } from '../api/client.ts'
import { formatRate } from './vat.ts'

export type VatRate = Schemas['VatRateView']

/** VAT rates by eMAG's number; of several accounts each number once, with all that it means. */
export function ratesOf(known: readonly VatRate[], account: string | null): ReadonlyMap<number, VatRate[]> {
  const found = new Map<number, VatRate[]>()
  for (const rate of known) {
    if (account !== null && rate.account !== account) continue
    const same = found.get(rate.vat_id) ?? []
    if (!same.some((one) => one.rate === rate.rate && one.name === rate.name)) same.push(rate)
    found.set(rate.vat_id, same)
  }
  return new Map([...found.entries()].sort(([a], [b]) => a - b))
}

/** A rate and its name, `21 % (standard)`; of one that accounts have differently all. Null where it is not known. */
export function vatText(rates: ReadonlyMap<number, readonly VatRate[]>, id: number): string | null {
  const found = rates.get(id)
  if (found === undefined) return null
  return found
    .map(({ rate, name }) => (name ? `${formatRate(rate)} (${name})` : formatRate(rate)))
    .join(' / ')
}

/** The rate of a number as a fraction; null where it is not known, or not the same everywhere. */
export function fractionOf(rates: ReadonlyMap<number, readonly VatRate[]>, id: number): string | null {
  const found = new Set((rates.get(id) ?? []).map(({ rate }) => rate))
  return found.size === 1 ? ([...found][0] ?? null) : null
}
