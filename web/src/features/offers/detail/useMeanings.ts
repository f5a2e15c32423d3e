import { useQuery } from '@tanstack/react-query'

import { api, dataOf } from '../../../api/client.ts'
import { useVatRates } from '../../../shared/useVatRates.ts'

/** What eMAG's numbers of VAT rates and categories mean. Names of categories are asked for where one is shown: they are many. */
export function useMeanings(account: string, withCategories: boolean) {
  const rates = useVatRates()
  const { data } = useQuery({
    queryKey: ['reference', 'categories', account],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/api/v1/emag/reference/categories/{account}', {
          params: { path: { account } },
          signal,
        }),
      ),
    select: (answer) => new Map(answer.categories.map((one) => [String(one.category_id), one.name])),
    enabled: withCategories,
    staleTime: 600_000,
  })
  /** Null for what is no such number, or is not known. */
  return (field: string, text: string | null): string | null => {
    if (text === null || text === '') return null
    if (field === 'vat_id') return rates.text(text, account)
    const name = field === 'category_id' ? data?.get(text) : undefined
    return name === undefined ? null : `${name} (${text})`
  }
}
