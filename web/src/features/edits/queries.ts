import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQueries,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'

import { api, dataOf, type Schemas } from '../../api/client.ts'
import type { EditableField } from '../../shared/fields.ts'
import { EDITS, OFFERS } from '../../shared/query-keys.ts'
import { sendBulk, type BulkOptions, type BulkRequest } from './bulk/bulk.ts'
import { isInForce, type Hold } from './outbox/holds.ts'
import type { UndoRequest } from './undo/undo.ts'
import type { Values } from './offer/form.ts'

export type Edit = Schemas['EditView']
export type PendingEdit = Schemas['PendingEdit']
export type Conflict = Schemas['ConflictView']
export type OutboxLine = Schemas['OutboxView']
export type OutboxState = Schemas['OutboxState']
export type Push = Schemas['Push']
export type UndoAnswer = Schemas['UndoAnswer']
export type UndoRow = Schemas['UndoRow']
export type Decision = 'approve' | 'reject'

export const OUTBOX_STATES = [
  'waiting',
  'pending',
  'sending',
  'uncertain',
  'applied',
  'rejected',
  'dropped',
] as const satisfies readonly OutboxState[]

const ROWS_A_PAGE = 100
// Nothing tells the page when something was sent: it asks while it may be looked at.
const LOOK_MS = 3000
const BANNER_MS = 10_000

/** After a change here, what is shown of edits and of offers is old. Done when both were read again. */
function useStale(): () => Promise<unknown> {
  const client = useQueryClient()
  return () =>
    Promise.all([
      client.invalidateQueries({ queryKey: [EDITS] }),
      client.invalidateQueries({ queryKey: [OFFERS] }),
    ])
}

/** A change after which edits and offers are read again, also when it was refused: others may have been faster. */
function useEditing<Input, Output>(change: (input: Input) => Promise<Output>) {
  return useMutation({ mutationFn: change, onSettled: useStale() })
}

/** The accounts, and whether edits of each are sent. */
export type Account = Schemas['AccountView']

export function useAccounts() {
  return useQuery({
    queryKey: ['accounts'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/emag/accounts', { signal })),
    select: (answer) => answer.accounts,
    staleTime: 60_000,
  })
}

export interface EditOffer {
  readonly id: number
  /** The version that the person saw. */
  readonly version: string
  readonly values: Values
}

export function useEditOffer() {
  const stale = useStale()
  return useMutation({
    mutationFn: ({ id, version, values }: EditOffer) =>
      dataOf(
        api.PATCH('/api/v1/emag/products/products/{product_id}', {
          params: { path: { product_id: id }, header: { 'if-match': `"${version}"` } },
          body: values,
        }),
      ),
    onSuccess: stale,
  })
}

/** Reads again what somebody else has changed. */
export function useReload(): () => Promise<unknown> {
  return useStale()
}

/** The edits that wait, of an account or of all; `batch`: of one bulk edit or one reading of a source. */
export function useWaitingEdits(account: string | null, batch: string | null) {
  return useInfiniteQuery({
    queryKey: [EDITS, 'edits', account, batch],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET('/api/v1/emag/edits', {
          params: { query: { account, batch_id: batch, limit: ROWS_A_PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: LOOK_MS,
  })
}

export function useWithdraw() {
  return useEditing((id: number) =>
    api.DELETE('/api/v1/emag/edits/{edit_id}', { params: { path: { edit_id: id } } }),
  )
}

export interface ConflictFilter {
  readonly account: string | null
  readonly field: EditableField | null
  readonly state: 'open' | 'resolved'
}

export function useConflicts({ account, field, state }: ConflictFilter) {
  return useInfiniteQuery({
    queryKey: [EDITS, 'conflicts', account, field, state],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET('/api/v1/emag/conflicts', {
          params: { query: { account, field, state, limit: ROWS_A_PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
  })
}

/** How many conflicts are open, over all accounts. */
export function useOpenConflicts() {
  return useQuery({
    queryKey: [EDITS, 'open-conflicts'],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/emag/conflicts', { params: { query: { limit: 1 } }, signal })),
    select: (answer) => Object.values(answer.open).reduce((sum, count) => sum + count, 0),
    refetchInterval: BANNER_MS,
  })
}

export type Resolve =
  | { readonly ids: readonly number[]; readonly resolution: 'emag' | 'local' }
  | { readonly id: number; readonly value: string }

/** Decides conflicts: many for one side, or one for a value of its own. */
export function useResolve() {
  return useEditing(async (wish: Resolve): Promise<unknown> => {
    if ('ids' in wish) {
      const body = { ids: [...wish.ids], resolution: wish.resolution, all: false }
      return dataOf(api.POST('/api/v1/emag/conflicts/resolve', { body }))
    }
    return dataOf(
      api.POST('/api/v1/emag/conflicts/{conflict_id}/resolve', {
        params: { path: { conflict_id: wish.id } },
        body: { resolution: 'other', value: wish.value },
      }),
    )
  })
}

export interface OutboxFilter {
  readonly account: string | null
  /** `held`: those that the brake keeps from being sent. */
  readonly state: OutboxState | 'held' | null
}

export function useOutbox({ account, state }: OutboxFilter) {
  return useInfiniteQuery({
    queryKey: [EDITS, 'outbox', account, state],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET('/api/v1/emag/outbox', {
          params: {
            query: {
              account,
              ...(state === 'held' ? { held: true } : { state: state === null ? null : [state] }),
              limit: ROWS_A_PAGE,
              cursor: pageParam,
            },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: LOOK_MS,
  })
}

/** Lines of the outbox: those of `ids`, or all that a filter finds and that were looked at. */
export type LineChoice = { readonly ids: readonly number[] } | { readonly filter: Schemas['LineFilter'] }

export function useDecideLines() {
  return useEditing(({ decision, lines }: { decision: Decision; lines: LineChoice }) => {
    const body = 'ids' in lines ? { ids: [...lines.ids] } : lines
    return decision === 'approve'
      ? dataOf(api.POST('/api/v1/emag/outbox/approve', { body }))
      : dataOf(api.POST('/api/v1/emag/outbox/reject', { body }))
  })
}

export function usePushNow() {
  return useEditing((account: string) => dataOf(api.POST('/api/v1/emag/push', { body: { account } })))
}

export function usePushes() {
  return useInfiniteQuery({
    queryKey: [EDITS, 'pushes'],
    queryFn: ({ pageParam, signal }) =>
      dataOf(api.GET('/api/v1/emag/pushes', { params: { query: { limit: 50, cursor: pageParam } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    refetchInterval: LOOK_MS,
  })
}

/** Which of these accounts have sent something: only then is there a last push to undo. */
export function usePushed(accounts: readonly string[]): ReadonlySet<string> {
  return useQueries({
    queries: accounts.map((account) => ({
      queryKey: [EDITS, 'pushed', account],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        dataOf(api.GET('/api/v1/emag/pushes', { params: { query: { account, limit: 1 } }, signal })),
      staleTime: BANNER_MS,
    })),
    combine: (answers) =>
      new Set(answers.flatMap(({ data }) => data?.pushes.map((push) => push.account) ?? [])),
  })
}

/** What the brake keeps from being sent now. */
export function useHolds() {
  return useQuery({
    queryKey: [EDITS, 'holds'],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/emag/holds', { params: { query: { state: ['waiting', 'refused'] } }, signal })),
    select: (answer): Hold[] => answer.holds.filter(isInForce),
    refetchInterval: BANNER_MS,
  })
}

export function useDecideHold() {
  return useEditing(({ id, yes }: { id: number; yes: boolean }) => {
    const params = { path: { hold_id: id } }
    return yes
      ? dataOf(api.POST('/api/v1/emag/holds/{hold_id}/release', { params }))
      : dataOf(api.POST('/api/v1/emag/holds/{hold_id}/refuse', { params }))
  })
}

export function useBulk() {
  return useEditing(({ request, options }: { request: BulkRequest; options: BulkOptions }) =>
    sendBulk(request, options),
  )
}

/** What putting back would come to. */
export function useUndoPreview(wanted: Omit<UndoRequest, 'preview' | 'confirm'> | null) {
  return useQuery({
    queryKey: [EDITS, 'undo', wanted],
    queryFn: ({ signal }) =>
      dataOf(api.POST('/api/v1/emag/undo', { body: { ...wanted, preview: true, confirm: false }, signal })),
    enabled: wanted !== null,
    retry: false,
  })
}

export function useUndo() {
  return useEditing((body: UndoRequest) => dataOf(api.POST('/api/v1/emag/undo', { body })))
}
