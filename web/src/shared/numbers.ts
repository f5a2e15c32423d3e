/**
 * Numbers as people write them: `1.599,90`, `1 599,90`, `699,90 lei`, `300 buc`, `+5`. They stay decimal text.
 *
 * The same as the server's `core/written_numbers.py`; both are held by the table in `numbers.cases.json`. A text that
 * can mean one number only is that number; where a separator could be either one, as in `1.050`, `mark` decides, which
 * is that of the reader's language. Without it such a text is `ambiguous`.
 */
import i18next from 'i18next'

import { tagOf } from './format.ts'

/** What stands before the decimals. */
export type DecimalMark = 'point' | 'comma'
export type NumberFault = 'not_a_number' | 'ambiguous'

export interface WrittenNumber {
  /** With a point before the decimals and nothing else, such as `-1599.90`. */
  readonly value: string
  /** Whether a plus or minus was written before it. */
  readonly hasSign: boolean
  /** What was written beside it, as ISO 4217 code. */
  readonly currency: string | null
  readonly inPieces: boolean
  /** Whether it would have been ambiguous without `mark`. */
  readonly byLocale: boolean
}

const MOST_CHARACTERS = 60
const MOST_DIGITS = 30
const MOST_EXPONENT = 12
/** An amount has so many decimals. */
const SCALE = 4

const CURRENCIES: Readonly<Record<string, string>> = {
  lei: 'RON',
  leu: 'RON',
  ron: 'RON',
  eur: 'EUR',
  euro: 'EUR',
  '€': 'EUR',
  bgn: 'BGN',
  лв: 'BGN',
  lv: 'BGN',
  лева: 'BGN',
  huf: 'HUF',
  ft: 'HUF',
  forint: 'HUF',
  pln: 'PLN',
  zł: 'PLN',
  zl: 'PLN',
}
const PIECES: ReadonlySet<string> = new Set(
  'buc bucata bucată bucati bucăți bucăţi pcs pc piece pieces db бр броя'.split(' '),
)
const UNIT = String.raw`\p{L}+|€`
const WRITTEN = new RegExp(
  `^(?:(?<before>${UNIT})\\.? ?)?(?<sign>[+-]?) ?(?<body>[0-9.,][0-9 .,']*?)` +
    `(?:[eE](?<exponent>[+-]?[0-9]{1,3}))?(?: ?(?<after>${UNIT})\\.?)?$`,
  'u',
)
const GROUPED = /^[0-9]{1,3}(?:(?<mark>[ .,'])[0-9]{3})(?:\k<mark>[0-9]{3})*$/
const INVISIBLE = /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g

interface Parts {
  readonly minus: '-' | ''
  readonly hasSign: boolean
  readonly body: string
  readonly exponent: number
  /** What was written beside the number, in small letters; empty for nothing. */
  readonly unit: string
}

/** The number that `text` is to a writer whose decimal mark is `mark`, or why it is none. */
export function readNumber(text: string, mark: DecimalMark | null = null): WrittenNumber | NumberFault {
  const parts = partsOf(text)
  if (parts === null) return 'not_a_number'
  const point = numberIn(parts.body, '.')
  const comma = numberIn(parts.body, ',')
  const isOpen = point !== null && comma !== null && point !== comma
  if (isOpen && mark === null) return 'ambiguous'
  const meant = isOpen && mark === 'comma' ? comma : (point ?? comma)
  if (meant === null) return 'not_a_number'
  return {
    value: parts.minus + shifted(meant, parts.exponent),
    hasSign: parts.hasSign,
    currency: CURRENCIES[parts.unit] ?? null,
    inPieces: PIECES.has(parts.unit),
    byLocale: isOpen,
  }
}

function partsOf(text: string): Parts | null {
  const found = text.length <= MOST_CHARACTERS ? WRITTEN.exec(tidy(text))?.groups : undefined
  if (found === undefined) return null
  const [unit = '', second] = unitsOf(found)
  const exponent = Number(found['exponent'] ?? 0)
  const body = (found['body'] ?? '').trim()
  if (!isUnit(unit) || second !== undefined || isTooLong(body, exponent)) return null
  const sign = found['sign'] ?? ''
  return { minus: sign === '-' ? '-' : '', hasSign: sign !== '', body, exponent, unit }
}

function unitsOf(found: Record<string, string>): string[] {
  return [found['before'], found['after']].flatMap((unit) => (unit ? [unit.toLowerCase()] : []))
}

function isTooLong(body: string, exponent: number): boolean {
  return body.replace(/[^0-9]/g, '').length > MOST_DIGITS || Math.abs(exponent) > MOST_EXPONENT
}

function isUnit(unit: string): boolean {
  return unit === '' || unit in CURRENCIES || PIECES.has(unit)
}

/** The decimal mark of a language, by default the reader's. */
export function decimalMark(language?: string): DecimalMark {
  const parts = new Intl.NumberFormat(tagOf(language ?? i18next.language)).formatToParts(1.5)
  return parts.some(({ type, value }) => type === 'decimal' && value === ',') ? 'comma' : 'point'
}

/** An amount of the API, such as `"1714.7793"`, as it is typed in the reader's language: `1.714,7793`. */
export function typedAmount(amount: string | null, language?: string): string {
  if (amount === null || amount === '') return ''
  const options = { minimumFractionDigits: 2, maximumFractionDigits: SCALE }
  return new Intl.NumberFormat(tagOf(language), options).format(amount as Intl.StringNumericLiteral)
}

/** A number rounded half up to the decimals that an amount may have; `isRounded` says whether that changed it. */
export function toAmount(value: string): { amount: string; isRounded: boolean } {
  const [whole = '', fraction = ''] = value.split('.')
  const kept = fraction.replace(/0+$/, '')
  if (kept.length <= SCALE) return { amount: kept === '' ? whole : `${whole}.${kept}`, isRounded: false }
  const sign = whole.startsWith('-') ? '-' : ''
  const units = BigInt(whole.replace('-', '') + kept.slice(0, SCALE)) + (Number(kept[SCALE]) >= 5 ? 1n : 0n)
  const digits = units.toString().padStart(SCALE + 1, '0')
  return { amount: `${sign}${digits.slice(0, -SCALE)}.${digits.slice(-SCALE)}`, isRounded: true }
}

export interface TypedAmount {
  /** As the API takes it. */
  readonly amount: string
  readonly currency: string | null
  /** It had more decimals than an amount may have. */
  readonly isRounded: boolean
}

/** The amount that a reader of `language` (by default the page's) typed; null for what is none. */
export function readAmount(typed: string, language?: string): TypedAmount | null {
  const read = readNumber(typed, decimalMark(language))
  if (typeof read === 'string' || read.inPieces) return null
  return { ...toAmount(read.value), currency: read.currency }
}

/** The whole number that a reader typed, such as pieces, and whether with a plus or minus; null for what is none. */
export function readWhole(typed: string, language?: string): { value: number; hasSign: boolean } | null {
  const read = readNumber(typed, decimalMark(language))
  if (typeof read === 'string' || read.currency !== null) return null
  const { amount, isRounded } = toAmount(read.value)
  return isRounded || !/^-?\d{1,9}$/.test(amount) ? null : { value: Number(amount), hasSign: read.hasSign }
}

function tidy(text: string): string {
  return text
    .replace(INVISIBLE, '')
    .normalize('NFKC')
    .replace(/[−–‒﹣]/g, '-')
    .replace(/[’‘ʼ′`٬]/g, "'")
    .replace(/\s+/g, ' ')
    .trim()
}

/** The number that digits are to who writes `decimal` before the decimals; null where that makes none. */
function numberIn(body: string, decimal: '.' | ','): string | null {
  const at = body.indexOf(decimal)
  const [whole, fraction] = at < 0 ? [body, null] : [body.slice(0, at), body.slice(at + 1)]
  if (fraction !== null && !/^[0-9]+$/.test(fraction)) return null
  const isPlain = /^[0-9]+$/.test(whole) || (whole === '' && fraction !== null)
  if (!isPlain && (!GROUPED.test(whole) || whole.startsWith('0'))) return null
  const digits = whole.replace(/[^0-9]/g, '').replace(/^0+(?=[0-9])/, '') || '0'
  return fraction === null ? digits : `${digits}.${fraction}`
}

/** The number with its point moved to the right by `places`. */
function shifted(number: string, places: number): string {
  if (places === 0) return number
  const [whole = '', fraction = ''] = number.split('.')
  const digits = whole + fraction
  const point = whole.length + places
  const padded = point <= 0 ? '0'.repeat(1 - point) + digits : digits.padEnd(point, '0')
  const at = Math.max(point, 1)
  const shown = padded.slice(0, at).replace(/^0+(?=[0-9])/, '')
  return padded.length > at ? `${shown}.${padded.slice(at)}` : shown
}
