import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { formatNumber, useDebounced } from '../../../../shared/index.ts'
import { useFacet, type FacetName } from '../../queries.ts'
import { useFacetWords } from './useFacetWords.ts'
import { SeveralSelect } from './SeveralSelect.tsx'

interface Props {
  facet: FacetName
  label: string
  account: string | null
  value: readonly string[]
  onChange: (values: string[]) => void
}

const WAIT = 200

/** Several of the brands, categories or VAT rates that offers have: the most frequent first, or those that are typed. */
export function FacetSelect({ facet, label, account, value, onChange }: Props) {
  const { t } = useTranslation('offers')
  const [search, setSearch] = useState('')
  const found = useFacet(facet, { account, search: useDebounced(search.trim(), WAIT), chosen: value })
  const words = useFacetWords(facet)
  return (
    <SeveralSelect
      label={label}
      value={value}
      options={(found.data?.values ?? []).map((one) => ({
        value: one.value,
        label: words(one),
        note: formatNumber(one.offers),
      }))}
      loading={found.isFetching}
      onSearch={setSearch}
      onChange={onChange}
      more={found.data?.has_more ? <p className="filter-more muted">{t('filters.typeForMore')}</p> : null}
    />
  )
}
