import { Button, Tag } from 'antd'
import { useTranslation } from 'react-i18next'

import { formatDate, formatNumber, useFieldNames } from '../../../../shared/index.ts'
import { typedAmount } from '../../../../shared/numbers.ts'
import { filterCount, NO_FILTERS, type Filters } from '../../filters.ts'
import { useFacet } from '../../queries.ts'
import { useWords } from '../../useWords.ts'
import { WITHOUT_FILTERS, type OfferView, type ViewChange } from '../../view.ts'
import { HappenedTag } from './HappenedTag.tsx'
import { useFacetWords } from './useFacetWords.ts'

interface Props {
  view: OfferView
  onChange: (change: ViewChange) => void
}

interface Chip {
  readonly key: string
  readonly text: string
  /** The view without it. */
  readonly without: ViewChange
}

/** What is filtered by, each with a cross that takes it away, and one for all. Nothing where nothing is. */
export function FilterChips({ view, onChange }: Props) {
  const { t } = useTranslation('offers')
  const chips = useChips(view)
  if (filterCount(view) === 0 && view.search === '') return null
  return (
    <ul className="filter-chips" aria-label={t('filters.chosen')}>
      {chips.map(({ key, text, without }) => (
        <li key={key}>
          <Tag
            closable={{ 'aria-label': t('filters.remove', { what: text }) }}
            onClose={(event) => {
              event.preventDefault()
              onChange(without)
            }}
          >
            {text}
          </Tag>
        </li>
      ))}
      {view.happened === null ? null : (
        <li>
          <HappenedTag happened={view.happened} onClose={() => onChange({ happened: null })} />
        </li>
      )}
      <li>
        <Button type="link" size="small" onClick={() => onChange(WITHOUT_FILTERS)}>
          {t('filters.reset')}
        </Button>
      </li>
    </ul>
  )
}

/** The names of filters that have several values. */
type Several = {
  [Name in keyof Filters]: Filters[Name] extends readonly unknown[] ? Name : never
}[keyof Filters]

function useChips(view: OfferView): Chip[] {
  const { t } = useTranslation('offers')
  const fields = useFieldNames()
  const words = useWords()
  const category = useNames('category', view.categories)
  const vat = useNames('vat_id', view.vatIds)

  const several = <Name extends Several>(
    name: Name,
    title: string,
    word: (value: Filters[Name][number]) => string,
  ): Chip[] =>
    view[name].map((value: Filters[Name][number]) => ({
      key: `${name} ${value}`,
      text: `${title}: ${word(value)}`,
      without: { [name]: view[name].filter((other: Filters[Name][number]) => other !== value) },
    }))
  const single = (name: keyof Filters, text: string): Chip[] =>
    view[name] === NO_FILTERS[name] ? [] : [{ key: name, text, without: { [name]: NO_FILTERS[name] } }]

  return [
    ...single('search', `${t('filters.searched')}: ${view.search}`),
    ...single('account', `${t('filters.account')}: ${view.account}`),
    ...several('statuses', t('filters.status'), fields.status),
    ...single('sellable', t(view.sellable ? 'filters.onlySellable' : 'filters.onlyNotSellable')),
    ...single(
      'maxStock',
      view.maxStock === 0
        ? t('filters.outOfStock')
        : `${t('filters.stock')}: ${t('filters.atMost', { count: view.maxStock ?? 0 })}`,
    ),
    ...several('categories', t('filters.category'), category),
    ...several('brands', t('filters.brand'), String),
    ...single('priceMin', t('filters.atLeastPrice', { price: typedAmount(view.priceMin) })),
    ...single('priceMax', t('filters.atMostPrice', { price: typedAmount(view.priceMax) })),
    ...several('currencies', t('filters.currency'), String),
    ...several('vatIds', t('filters.vat'), vat),
    ...several('buyButtons', t('filters.buyButton'), (value) => t(`filters.buyButtons.${value}`)),
    ...single('rankMin', t('filters.rankFrom', { rank: formatNumber(view.rankMin ?? 0) })),
    ...single('rankMax', t('filters.rankTo', { rank: formatNumber(view.rankMax ?? 0) })),
    ...several('reasons', t('filters.reason'), words.reason),
    ...several('validations', t('filters.validation'), words.validation),
    ...single(
      'changedSince',
      `${t('filters.changedSince')}: ${formatDate(view.changedSince === null ? null : `${view.changedSince}T12:00`, 'date')}`,
    ),
    ...single('withRemoved', t('filters.withRemoved')),
  ]
}

function useNames(facet: 'category' | 'vat_id', chosen: readonly number[]): (value: number) => string {
  const values = chosen.map(String)
  const known = useFacet(facet, { account: null, search: '', chosen: values, needed: values.length > 0 })
  const words = useFacetWords(facet)
  return (value) =>
    words(
      known.data?.values.find((one) => one.value === String(value)) ?? { value: String(value), names: [] },
    )
}
