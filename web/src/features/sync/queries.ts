import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { api, dataOf, type Schemas } from '../../api/client.ts'
import type { Run, Status } from './runs.ts'
import { withRun } from './runs.ts'

export type Account = Schemas['AccountView']
export type AccountStatistics = Schemas['AccountStatistics']
export type Budget = Schemas['BudgetView']
export type SyncRequest = Schemas['SyncRequest']
export type Accepted = Schemas['Accepted']
export type Connection = Schemas['ConnectionView']

/** What runs, told by events; no invalidation of other data may touch it. */
export const STATUS_KEY = ['sync', 'status'] as const

const ACCOUNTS_SECONDS = 5
const STATISTICS_SECONDS = 5
const BUDGET_SECONDS = { busy: 3, quiet: 30 }

export function fetchStatus(): Promise<Status> {
  return dataOf(api.GET('/api/v1/emag/products/status'))
}

/** What runs and what ran last; `LiveRuns` keeps it fresh. */
export function useStatus() {
  return useQuery({ queryKey: STATUS_KEY, queryFn: fetchStatus, staleTime: Infinity })
}

export function useAccounts() {
  return useQuery({
    queryKey: ['accounts'],
    queryFn: () => dataOf(api.GET('/api/v1/emag/accounts')),
    // How eMAG answers changes while runs go.
    refetchInterval: ACCOUNTS_SECONDS * 1000,
    select: (list) => list.accounts.filter(({ enabled }) => enabled),
  })
}

/** While something runs the numbers grow. */
export function useStatistics(isBusy: boolean) {
  return useQuery({
    queryKey: ['statistics'],
    queryFn: () => dataOf(api.GET('/api/v1/emag/products/statistics')),
    placeholderData: keepPreviousData,
    refetchInterval: isBusy ? STATISTICS_SECONDS * 1000 : false,
  })
}

export function useBudgets(isBusy: boolean) {
  return useQuery({
    queryKey: ['budgets'],
    queryFn: () => dataOf(api.GET('/api/v1/emag/rate-limiter/stats')),
    refetchInterval: (isBusy ? BUDGET_SECONDS.busy : BUDGET_SECONDS.quiet) * 1000,
    select: (view) => view.data,
  })
}

/** Remembers runs that an answer told of, so that the page shows them before the event comes. */
function useRemember(): (runs: readonly Run[]) => void {
  const client = useQueryClient()
  return (runs) =>
    client.setQueryData<Status>(STATUS_KEY, (status) => (status ? runs.reduce(withRun, status) : status))
}

async function start(body: SyncRequest): Promise<Accepted> {
  const answer = await dataOf(api.POST('/api/v1/emag/products/sync', { body: { ...body, run_async: true } }))
  return answer as Accepted
}

/** Starts runs and does not wait for their end. */
export function useStartSync() {
  const remember = useRemember()
  return useMutation({ mutationFn: start, onSuccess: (accepted) => remember(accepted.data.runs) })
}

export function useStopRun() {
  const remember = useRemember()
  return useMutation({
    mutationFn: (id: string) =>
      dataOf(api.DELETE('/api/v1/emag/products/sync/{sync_id}', { params: { path: { sync_id: id } } })),
    onSuccess: (stopped) => remember(stopped.data.runs),
  })
}

export function useCleanUp() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (minutes: number) =>
      dataOf(
        api.POST('/api/v1/emag/products/cleanup-stuck-syncs', {
          params: { query: { timeout_minutes: minutes } },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: STATUS_KEY }),
  })
}

export function useConnectionTest(account: string) {
  const client = useQueryClient()
  return useMutation({
    onSettled: () => client.invalidateQueries({ queryKey: ['accounts'] }),
    mutationKey: ['connection-test', account],
    mutationFn: () =>
      dataOf(api.POST('/api/v1/emag/products/test-connection', { params: { query: { account } } })),
  })
}
