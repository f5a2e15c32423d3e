import type { TFunction } from 'i18next'

import type { Run } from './runs.ts'

const KNOWN = [
  'credentials_refused',
  'ip_not_allowed',
  'api_right_missing',
  'timeout',
  'connect_failed',
  'read_failed',
  'server_failure',
  'account_down',
  'rate_limited',
  'stuck',
  'interrupted_too_often',
  'database_unavailable',
  'pages_unread',
  'catalogue_moving',
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
  const cause = BAD_ANSWERS.includes(code) ? 'bad_answer' : code
  const known = KNOWN.find((one) => one === cause)
  return known ? t(`advice.${known}`) : message
}

export function adviceOf(t: TFunction<'sync'>, run: Run): string {
  const error = mainError(run)
  if (error === undefined) return t('advice.unknown')
  return adviceFor(t, error.code, error.message)
}
