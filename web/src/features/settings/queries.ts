import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'

import { api, dataOf, type Schemas } from '../../api/client.ts'
import { ROOT } from '../../api/root.ts'

export type User = Schemas['User']
export type ApiToken = Schemas['ApiToken']
export type Schedule = Schemas['ScheduleView']
export type Webhook = Schemas['Webhook']
export type Delivery = Schemas['Delivery']
export type EventKind = Schemas['EventKind']

const SETTINGS = 'settings'

export function useAccounts() {
  return useQuery({
    queryKey: ['accounts'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/emag/accounts', { signal })),
    select: (answer) => answer.accounts,
  })
}

export function useUsers() {
  return useQuery({
    queryKey: [SETTINGS, 'users'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/users', { signal })),
    select: (answer) => answer.users,
  })
}

export function useTokens() {
  return useQuery({
    queryKey: [SETTINGS, 'tokens'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/tokens', { signal })),
    select: (answer) => answer.tokens,
  })
}

export function useSchedules() {
  return useQuery({
    queryKey: [SETTINGS, 'schedules'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/schedules', { signal })),
  })
}

export function useWebhooks() {
  return useQuery({
    queryKey: [SETTINGS, 'webhooks'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/webhooks', { signal })),
    select: (answer) => answer.webhooks,
  })
}

export function useDeliveries(id: string, status: Delivery['status'][]) {
  return useInfiniteQuery({
    queryKey: [SETTINGS, 'webhooks', id, 'deliveries', status],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET('/api/v1/webhooks/{webhook_id}/deliveries', {
          params: { path: { webhook_id: id }, query: { status, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    select: (answer) => answer.pages.flatMap((page) => page.deliveries),
    placeholderData: keepPreviousData,
  })
}

export function useDelivery({ id, webhook_id }: Delivery) {
  return useQuery({
    queryKey: [SETTINGS, 'webhooks', webhook_id, 'delivery', id],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}', {
          params: { path: { webhook_id, delivery_id: id } },
          signal,
        }),
      ),
  })
}

export interface AuditFilter {
  readonly action: string | null
  readonly username: string | null
  readonly since: string | null
  readonly until: string | null
}

export function useAudit(filter: AuditFilter) {
  return useInfiniteQuery({
    queryKey: [SETTINGS, 'audit', filter],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET('/api/v1/audit', { params: { query: { ...filter, limit: 100, cursor: pageParam } }, signal }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
  })
}

export function useAbout() {
  return useQuery({
    queryKey: [SETTINGS, 'about'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/about', { signal })),
    staleTime: Infinity,
  })
}

/** A part that is not ready answers 503, whose body says the same as that of 200. */
export function useHealth() {
  return useQuery({
    queryKey: [SETTINGS, 'health'],
    queryFn: async ({ signal }) => {
      const answer = await fetch(`${ROOT}/health/ready`, { signal, credentials: 'same-origin' })
      return (await answer.json()) as Schemas['Ready']
    },
  })
}

/** A change of settings, after which the list called `list` is read again. */
export function useChange<Input, Output>(list: string, change: (input: Input) => Promise<Output>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: change,
    onSuccess: () => client.invalidateQueries({ queryKey: [SETTINGS, list] }),
  })
}
