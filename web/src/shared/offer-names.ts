import { useQueries } from '@tanstack/react-query'

import { api, dataOf, type Schemas } from '../api/client.ts'
import { OFFERS } from './query-keys.ts'

const NAMES_AT_ONCE = 100

type OfferOfName = Schemas['Product']

export interface OfferName {
  readonly id: number
  readonly name: string | null
  readonly part_number: string | null
  readonly currency: string
  /** Its VAT as a fraction, where it is known. */
  readonly vat_rate: string | null
}

/** What the offers of these rows are called, by `account emag_id`; an account at a time. */
export function useOfferNames(
  rows: readonly { account: string; emag_id: number }[],
): ReadonlyMap<string, OfferName> {
  const accounts = [...new Set(rows.map((row) => row.account))].sort()
  const asked = accounts.flatMap((account) => {
    const ids = rows.filter((row) => row.account === account).map((row) => row.emag_id)
    const wanted = [...new Set(ids)].sort((a, b) => a - b)
    const chunks = Math.ceil(wanted.length / NAMES_AT_ONCE)
    return Array.from({ length: chunks }, (_, chunk) => ({
      account,
      ids: wanted.slice(chunk * NAMES_AT_ONCE, (chunk + 1) * NAMES_AT_ONCE),
    }))
  })
  return useQueries({
    queries: asked.map(({ account, ids }) => ({
      queryKey: [OFFERS, 'names', account, ids],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        dataOf(
          api.GET('/api/v1/emag/products/products', {
            params: {
              query: { account, emag_id: ids, include_removed: true, limit: NAMES_AT_ONCE },
            },
            signal,
          }),
        ),
      staleTime: 300_000,
    })),
    combine: namesOf,
  })
}

function namesOf(
  answers: readonly { data: { data: { products: OfferOfName[] } } | undefined }[],
): ReadonlyMap<string, OfferName> {
  const products = answers.flatMap(({ data }) => data?.data.products ?? [])
  return new Map(products.map((offer) => [keyOf(offer), offer]))
}

/** By what an offer is found among the names. */
export function keyOf(row: { account: string; emag_id: number }): string {
  return `${row.account} ${row.emag_id}`
}
