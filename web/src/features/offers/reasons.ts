/** What keeps an offer from sale, as keys of our texts: what it is, and the next step. */

/** The codes that there are words for. */
export const REASON_CODES: readonly string[] = [
  'inactive',
  'end_of_life',
  'unknown_status',
  'no_stock',
  'unknown_stock',
  'invalid_price',
  'unknown_offer_validation',
  'unknown_validation',
  ...[0, 1, 2, 4, 5, 6, 8, 10, 13, 14, 15, 16].map((number) => `validation_${number}`),
]
const PLAIN = new Set(REASON_CODES)

export interface ReasonKey {
  /** `reasons.<key>.text` and `reasons.<key>.next`. */
  readonly key: string
  readonly code: string
}

/** The texts for a code of `not_sellable`; null for one that we do not know, whose own text must do. */
export function reasonKey(code: string): ReasonKey | null {
  if (PLAIN.has(code)) return { key: code, code }
  const match = /^(offer_)?validation_(-?\d+)$/.exec(code)
  if (match === null) return null
  return { key: match[1] === undefined ? 'validation' : 'offer_validation', code: match[2] ?? '' }
}
