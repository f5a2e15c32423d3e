import { QueryClient } from '@tanstack/react-query'

import { isApiError } from '../api/errors.ts'

const TRIES = 2

/** A refusal stays one; a lost connection and a failing server are asked again. */
export function isWorthRetrying(failures: number, error: unknown): boolean {
  if (failures >= TRIES) return false
  return !isApiError(error) || error.code === 'network' || error.status >= 500
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { retry: isWorthRetrying, staleTime: 10_000, refetchOnWindowFocus: true },
      mutations: { retry: false },
    },
  })
}
