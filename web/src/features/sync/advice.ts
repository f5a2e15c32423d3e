import type { TFunction } from 'i18next'

import { formatNumber } from '../../shared/index.ts'
import type { Run } from './runs.ts'

const KNOWN = [
  'credentials_refused',
  'ip_not_allowed',
  'api_right_missing',
  'proxy_refused',
  'redirected',
  'timeout',
  'connect_failed',
  'read_failed',
  'server_failure',
  'account_down',
  'rate_limited',
  'stuck',
  'interrupted_too_often',
  'database_unavailable',
  'database_damaged',
  'database_replaced',
  'disk_full',
  'pages_unread',
  'catalogue_moving',
  'list_repeats',
  'access_blocked',
  'row_rejected',
  'field_unreadable',
  'offer_not_known',
  'interrupted',
  'bad_answer',
  'unexpected_status',
  'refused',
  'budget_store',
  'internal',
] as const

// Where the server's words say which address eMAG saw.
const SEEN = /the address ([0-9A-Fa-f.:]*[0-9A-Fa-f])/

const BAD_ANSWERS: readonly string[] = [
  'truncated_answer',
  'not_json',
  'missing_is_error',
  'malformed_results',
  'answer_too_large',
]

/** The error that says most about why a run failed: one of the whole run rather than of a page. */
export function mainError(run: Run): Run['errors'][number] | undefined {
  return run.errors.find((error) => error.page === null && error.emag_id === null) ?? run.errors[0]
}

/** What happened and what to do, in the reader's language; the server's words where the code is not known. */
export function adviceFor(t: TFunction<'sync'>, code: string, message: string): string {
  // Only the server knows which variable it is.
  if (code === 'settings') return `${t('advice.settings')} ${message}`
  const ip = code === 'ip_not_allowed' ? SEEN.exec(message)?.[1] : undefined
  if (ip !== undefined) return t('advice.ip_not_allowed_seen', { ip })
  const cause = BAD_ANSWERS.includes(code) ? 'bad_answer' : code
  const known = KNOWN.find((one) => one === cause)
  return known ? t(`advice.${known}`) : message
}

/** What a run that ran out of time learnt of a slow eMAG: offers a page, and seconds that an offer takes. */
function slowPace(error: Run['errors'][number]): { count: number; seconds: string } | undefined {
  const { page_size: size, seconds_per_offer: seconds } = error.values ?? {}
  if (error.code !== 'timeout' || size === undefined || seconds === undefined) return undefined
  return { count: size, seconds: formatNumber(seconds, { maximumFractionDigits: 2 }) }
}

export function adviceOf(t: TFunction<'sync'>, run: Run): string {
  const error = mainError(run)
  if (error === undefined) return t('advice.unknown')
  const slow = slowPace(error)
  if (slow) return t('advice.timeout_slow', slow)
  return adviceFor(t, error.code, error.message)
}
