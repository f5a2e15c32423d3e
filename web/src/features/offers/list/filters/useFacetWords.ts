import { useTranslation } from 'react-i18next'

import { formatRate } from '../../../../shared/vat.ts'
import type { FacetEntry, FacetName } from '../../queries.ts'

/** What a value of a filter is called, in the reader's words: also where eMAG's lists do not name it. */
export function useFacetWords(facet: FacetName): (entry: Pick<FacetEntry, 'value' | 'names'>) => string {
  const { t } = useTranslation('offers')
  return ({ value, names }) => {
    if (facet === 'brand') return value
    if (names.length === 0) return t(`filters.unnamed.${facet}`, { id: value })
    return facet === 'vat_id' ? names.map((rate) => formatRate(rate)).join(' / ') : names.join(' / ')
  }
}
