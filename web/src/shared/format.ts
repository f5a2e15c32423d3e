import i18next from 'i18next'

const TAGS: Record<string, string> = { ro: 'ro-RO', en: 'en-GB' }

export function tagOf(language: string | undefined): string {
  const chosen = language ?? i18next.language ?? 'en'
  return TAGS[chosen] ?? chosen
}

/**
 * An amount as text, such as `"1234.5000"`, in the reader's writing. It never becomes a binary fraction;
 * decimals beyond two are shown only where they are not zero, and at most `decimals` of them.
 */
export function formatMoney(
  amount: string | null | undefined,
  currency: string | null | undefined,
  language?: string,
  decimals = 4,
): string {
  if (amount === null || amount === undefined || amount === '') return '–'
  const options: Intl.NumberFormatOptions = { minimumFractionDigits: 2, maximumFractionDigits: decimals }
  if (currency) Object.assign(options, { style: 'currency', currency })
  return new Intl.NumberFormat(tagOf(language), options).format(amount as Intl.StringNumericLiteral)
}

export function formatNumber(
  value: number | null | undefined,
  options: Intl.NumberFormatOptions & { language?: string } = {},
): string {
  if (value === null || value === undefined) return '–'
  const { language, ...rest } = options
  return new Intl.NumberFormat(tagOf(language), { maximumFractionDigits: 1, ...rest }).format(value)
}

export type DateStyle = 'date' | 'time' | 'datetime' | 'full'

const STYLES: Record<DateStyle, Intl.DateTimeFormatOptions> = {
  date: { dateStyle: 'medium' },
  time: { timeStyle: 'short' },
  datetime: { dateStyle: 'medium', timeStyle: 'short' },
  full: { dateStyle: 'full', timeStyle: 'medium' },
}

/** A time of the API (UTC, ISO 8601) in the reader's time zone and writing. */
export function formatDate(
  value: string | Date | null | undefined,
  style: DateStyle = 'datetime',
  language?: string,
): string {
  if (value === null || value === undefined) return '–'
  return new Intl.DateTimeFormat(tagOf(language), STYLES[style]).format(new Date(value))
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
]

/** How long ago, in words: "5 minutes ago". */
export function formatAge(
  value: string | null | undefined,
  now: Date = new Date(),
  language?: string,
): string {
  if (value === null || value === undefined) return '–'
  // Never "in 5 seconds": what has happened is not ahead, however late `now` was last looked at.
  const seconds = Math.min(0, (new Date(value).getTime() - now.getTime()) / 1000)
  const [unit, size] = STEPS.find(([, step]) => Math.abs(seconds) >= step) ?? ['second', 1]
  return new Intl.RelativeTimeFormat(tagOf(language), { numeric: 'auto' }).format(
    Math.round(seconds / size),
    unit,
  )
}

/** A length of time, short: "2 min 5 s", "1 h 4 min". */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '–'
  const whole = Math.max(0, Math.round(seconds))
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor((whole % 3600) / 60)
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`
  if (minutes > 0) return whole % 60 > 0 ? `${minutes} min ${whole % 60} s` : `${minutes} min`
  return `${whole} s`
}
