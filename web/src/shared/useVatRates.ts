import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'

import { api, dataOf, type Schemas } from '../api/client.ts'
import { ratesOf, vatText, type VatRate } from './vat-rates.ts'

type Reference = Schemas['Reference']

/** eMAG's VAT rates of all accounts. They change once in years: the server reads them daily. */
export function useVatRates() {
  const { t } = useTranslation()
  const { data } = useQuery({
    queryKey: ['reference'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/emag/reference', { signal })),
    select: (answer: Reference) => answer.vat_rates,
    staleTime: 600_000,
  })
  const known: readonly VatRate[] = data ?? []
  return {
    /** The rates of an account, or of all where none is named; by number. */
    of: (account: string | null) => ratesOf(known, account),
    /** What a number of a VAT rate means: its rate and name, or the number where that is not known. */
    text: (id: string | number, account: string | null = null): string =>
      vatText(ratesOf(known, account), Number(id)) ?? t('vatNumber', { id }),
  }
}
