import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'

import { api, dataOf, type Schemas } from '../../../api/client.ts'

export type Run = Schemas['RunView']
/** Without the differences of a dry run: what changed is asked for apart, a stretch at a time. */
export type RunDetail = Omit<Schemas['RunDetail'], 'differences'>
export type PageView = Schemas['PageView']
export type RunStatus = Run['status']
export type Certificate = Schemas['Certificate']

export const RUN_STATUSES = [
  'completed',
  'partial',
  'failed',
  'cancelled',
  'running',
  'queued',
  'interrupted',
] as const satisfies readonly RunStatus[]

/** Everything about past runs is under this key; a run that changes its state makes all of it stale. */
export const HISTORY = 'history'

const RUNS_A_PAGE = 50
const WHILE_RUNNING_MS = 2000

export interface HistoryFilter {
  readonly account: string | null
  readonly status: RunStatus | null
  /** Only runs made then or later, or before then. */
  readonly since: string | null
  readonly until: string | null
}

export function useHistory({ account, status, since, until }: HistoryFilter) {
  return useInfiniteQuery({
    queryKey: [HISTORY, 'list', account, status, since, until],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET('/api/v1/emag/products/history', {
          params: {
            query: { limit: RUNS_A_PAGE, account, status, since, until, cursor: pageParam },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.data.next_cursor,
    placeholderData: keepPreviousData,
  })
}

/** The accounts that there are, by name. */
export function useAccountNames() {
  return useQuery({
    queryKey: ['accounts'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/emag/accounts', { signal })),
    select: (answer) => answer.accounts.map((account) => account.account),
    staleTime: 300_000,
  })
}

/** One sync with its runs, or the run of that id; asked for again while it runs. */
export function useSync(id: string) {
  return useQuery({
    queryKey: [HISTORY, 'one', id],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/emag/products/sync/{any_id}', { params: { path: { any_id: id } }, signal })),
    select: (answer) => answer.data,
    refetchInterval: (query) => (query.state.data?.data.status === 'running' ? WHILE_RUNNING_MS : false),
  })
}

/** Start a run that reads again only what failed. */
export function useRetry() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) =>
      dataOf(
        api.POST('/api/v1/emag/products/sync/{any_id}/retry', {
          params: { path: { any_id: id }, query: { run_async: true } },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: [HISTORY] }),
  })
}

/** What an ended run proves about the copy. */
export function useCertificate(runId: string) {
  return useQuery({
    queryKey: [HISTORY, 'certificate', runId],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/api/v1/emag/products/runs/{any_id}/certificate', {
          params: { path: { any_id: runId } },
          signal,
        }),
      ),
    staleTime: Infinity,
  })
}
