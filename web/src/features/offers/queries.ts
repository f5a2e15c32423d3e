import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import i18next from 'i18next'

import { api, dataOf, type Schemas } from '../../api/client.ts'
import { OFFERS } from '../../shared/query-keys.ts'
import { listQuery, type OfferView } from './view.ts'

export type Product = Schemas['Product']
export type ProductDetail = Schemas['ProductDetail']
export type ProductChange = Schemas['ProductChange']

const CHANGES_A_PAGE = 200
// Nothing tells the page that an edit has reached eMAG: it asks while one waits.
const WHILE_PENDING_MS = 5000

/** One page of the selection; the page before stays until it is there. */
export function useOffers(view: OfferView) {
  const query = listQuery(view)
  return useQuery({
    queryKey: [OFFERS, 'list', query],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/emag/products/products', { params: { query }, signal })),
    select: (answer) => answer.data,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => whilePending(state.data?.data.products ?? []),
  })
}

function whilePending(offers: readonly Product[]): number | false {
  return offers.some((offer) => offer.pending_edits.length > 0) ? WHILE_PENDING_MS : false
}

/** The names of the accounts that have offers. */
export function useAccountNames() {
  return useQuery({
    queryKey: [OFFERS, 'accounts'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/emag/products/statistics', { signal })),
    select: (answer) => Object.keys(answer.accounts),
    staleTime: 60_000,
  })
}

/** What the prices of an account (null: of all) are in, each currency once. */
export function useCurrencies(account: string | null): readonly string[] {
  const found = useQuery({
    queryKey: [OFFERS, 'accounts'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/emag/products/statistics', { signal })),
    select: (answer) =>
      Object.entries(answer.accounts).map(([name, { currencies }]) => ({
        name,
        currencies: Object.keys(currencies),
      })),
    staleTime: 60_000,
  })
  const those = (found.data ?? []).filter(({ name }) => account === null || name === account)
  return [...new Set(those.flatMap(({ currencies }) => currencies))].sort()
}

export type FacetName = Schemas['Facet']
export type FacetEntry = Schemas['FacetEntry']

interface FacetAsked {
  account: string | null
  search: string
  /** Values to be told of whatever is searched for. */
  chosen: readonly string[]
  needed?: boolean
}

const FACET_VALUES = 50
const MOST_CHOSEN = 100

/** What a filter can choose among: the most frequent values that the search finds, and those that are chosen. */
export function useFacet(facet: FacetName, { account, search, chosen, needed = true }: FacetAsked) {
  const query = {
    limit: FACET_VALUES,
    ...(account === null ? {} : { account }),
    ...(search === '' ? {} : { search }),
    ...(chosen.length === 0 ? {} : { value: chosen.slice(0, MOST_CHOSEN) }),
  }
  return useQuery({
    queryKey: [OFFERS, 'facet', facet, query],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/emag/products/facets/{facet}', { params: { path: { facet }, query }, signal })),
    select: (answer) => answer.data,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    enabled: needed,
  })
}

/** Everything about one offer, in the reader's language. */
export function useOffer(id: number) {
  const lang = i18next.language === 'ro' ? 'ro' : 'en'
  return useQuery({
    queryKey: [OFFERS, 'one', id, lang],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/api/v1/emag/products/products/{product_id}', {
          params: { path: { product_id: id }, query: { lang } },
          signal,
        }),
      ),
    select: (answer) => answer.data.product,
    refetchInterval: ({ state }) => whilePending(state.data ? [state.data.data.product] : []),
    retry: false,
  })
}

/** The change log of one offer, newest first, a stretch at a time. */
export function useOfferChanges(id: number) {
  return useInfiniteQuery({
    queryKey: [OFFERS, 'changes', id],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET('/api/v1/emag/products/products/{product_id}/changes', {
          params: {
            path: { product_id: id },
            query: { limit: CHANGES_A_PAGE, ...(pageParam === null ? {} : { before: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => last.data.next_before,
  })
}

/** On which platform each account sells: `emag-ro`, `emag-bg`, ... */
export function usePlatforms() {
  return useQuery({
    queryKey: ['accounts'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/emag/accounts', { signal })),
    select: (answer) => new Map(answer.accounts.map((account) => [account.account, account.platform])),
    staleTime: 300_000,
  })
}
