import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'

import { api, dataOf, type Schemas } from '../../api/client.ts'
import { happenedQuery, type Happened } from '../../shared/happened.ts'
import { OFFERS } from '../../shared/query-keys.ts'
import type { Span } from './periods.ts'

export type Home = Schemas['HomeData']
export type CopyAge = Schemas['CopyAge']

const REFRESHED_MS = 60_000
const PRODUCTS_A_PAGE = 100
/** What is copied is for a letter or a sheet: more than that is for an export. */
export const MOST_COPIED = 500

/** Notes that somebody looks, once for each opening of the page; tells when that person last did. */
export function useLastVisit() {
  return useQuery({
    queryKey: ['home', 'visit'],
    queryFn: () => dataOf(api.POST('/api/v1/emag/home/visit')),
    select: (answer) => answer.data.last_visit,
    staleTime: Infinity,
  })
}

/** What changed in that time. Under the key of offers: whatever makes those stale makes this stale. */
export function useHome(span: Span | null) {
  return useQuery({
    queryKey: [OFFERS, 'home', span],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/api/v1/emag/home', {
          params: { query: span === null ? {} : { since: span.since, until: span.until } },
          signal,
        }),
      ),
    select: (answer) => answer.data,
    enabled: span !== null,
    refetchInterval: REFRESHED_MS,
    placeholderData: keepPreviousData,
  })
}

/** The marketplaces of the configured accounts, each once. */
export function usePlatforms() {
  return useQuery({
    queryKey: ['accounts'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/emag/accounts', { signal })),
    select: ({ accounts }) => [...new Set(accounts.map(({ platform }) => platform))],
    staleTime: 60_000,
  })
}

/** The offers of a number, at most MOST_COPIED. */
export function useChangedOffers() {
  return useMutation({
    mutationFn: async (asked: Happened) => {
      const found: Schemas['Product'][] = []
      for (let skip = 0; skip < MOST_COPIED; skip += PRODUCTS_A_PAGE) {
        const query = { ...happenedQuery(asked), skip, limit: PRODUCTS_A_PAGE }
        const { data } = await dataOf(api.GET('/api/v1/emag/products/products', { params: { query } }))
        found.push(...data.products)
        if (found.length >= data.pagination.total) break
      }
      return found
    },
  })
}
