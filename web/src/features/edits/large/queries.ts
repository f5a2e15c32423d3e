import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { api, dataOf, type Schemas } from '../../../api/client.ts'
import { EDITS, OFFERS } from '../../../shared/query-keys.ts'
import type { Effect } from '../bulk/bulk.ts'
import { isWorking, type LargeChange } from './large.ts'

const LOOK_MS = 1000
const REST_MS = 10_000
const ROWS_A_PAGE = 50

const CHANGE = [EDITS, 'large'] as const

/** The body of a new one, or what is to be undone. */
export type LargeRequest = Schemas['FoundChange'] | { readonly undo: string }

/** A wish after which everything about edits and offers is read again. */
function useWish<Input>(wish: (input: Input) => Promise<{ data: LargeChange }>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: wish,
    onSuccess: ({ data }) => client.setQueryData([...CHANGE, data.id], { status: 'success', data }),
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: [EDITS] }),
        client.invalidateQueries({ queryKey: [OFFERS] }),
      ]),
  })
}

export function useBeginLarge() {
  return useWish((asked: LargeRequest) =>
    'undo' in asked
      ? dataOf(api.POST('/api/v1/emag/bulk-changes/undo', { body: { batch_id: asked.undo } }))
      : dataOf(api.POST('/api/v1/emag/bulk-changes', { body: asked })),
  )
}

export function useApplyLarge() {
  return useWish(({ id, confirm, skip }: { id: number; confirm: boolean; skip: boolean }) =>
    dataOf(
      api.POST('/api/v1/emag/bulk-changes/{change_id}/apply', {
        params: { path: { change_id: id } },
        body: { confirm, skip_invalid: skip },
      }),
    ),
  )
}

export function useStopLarge() {
  return useWish((id: number) =>
    dataOf(api.POST('/api/v1/emag/bulk-changes/{change_id}/stop', { params: { path: { change_id: id } } })),
  )
}

/** One of them, read again every second while somebody works on it. */
export function useLarge(id: number) {
  return useQuery({
    queryKey: [...CHANGE, id],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/api/v1/emag/bulk-changes/{change_id}', { params: { path: { change_id: id } }, signal }),
      ),
    refetchInterval: ({ state }) =>
      state.data !== undefined && isWorking(state.data.data) ? LOOK_MS : false,
    select: (answer) => answer.data,
  })
}

/** The newest of them. */
export function useLargeChanges() {
  return useQuery({
    queryKey: [...CHANGE, 'list'],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/emag/bulk-changes', { params: { query: { limit: 10 } }, signal })),
    refetchInterval: ({ state }) => (state.data?.changes.some(isWorking) ? LOOK_MS : REST_MS),
    select: (answer) => answer.changes,
  })
}

export interface LargeRowsFilter {
  readonly effect: Effect | null
  readonly outcome: 'changed_since' | null
}

export function useLargeRows(change: LargeChange, { effect, outcome }: LargeRowsFilter) {
  return useInfiniteQuery({
    // What became of the rows shows once the state is another one.
    queryKey: [...CHANGE, change.id, 'rows', change.state, effect, outcome],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET('/api/v1/emag/bulk-changes/{change_id}/rows', {
          params: {
            path: { change_id: change.id },
            query: {
              effect: effect === null ? null : [effect],
              outcome,
              limit: ROWS_A_PAGE,
              cursor: pageParam,
            },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    enabled: change.has_rows && change.found !== null,
  })
}
