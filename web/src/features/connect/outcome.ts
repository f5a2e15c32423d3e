import { ApiError, isApiError } from '../../api/errors.ts'

/** What a connection test found: eMAG lets the account in, or why not. */
export type Outcome = 'credentials' | 'ip' | 'api_right' | 'network' | 'marketplace' | 'machine' | 'settings'

const OUTCOMES: readonly Outcome[] = [
  'credentials',
  'ip',
  'api_right',
  'network',
  'marketplace',
  'machine',
  'settings',
]

/** Which of them a refused test is; null for an error that is not about the connection, such as a lost session. */
export function outcomeOf(error: unknown): Outcome | null {
  if (!isApiError(error)) return null
  return OUTCOMES.find((one) => one === error.extra['culprit']) ?? null
}

/** The address that eMAG saw, where it refused that and said so. */
export function seenAddress(error: unknown): string | null {
  const ip = error instanceof ApiError ? error.extra['ip'] : null
  return typeof ip === 'string' && ip !== '' ? ip : null
}

/** Whether the account is to be corrected; eMAG being down, or a broken line, says nothing about it. */
export function isOfAccount(outcome: Outcome): boolean {
  return outcome === 'credentials' || outcome === 'api_right' || outcome === 'settings'
}
