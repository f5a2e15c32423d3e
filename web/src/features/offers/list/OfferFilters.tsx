import { Button, Checkbox, Select } from 'antd'
import { useTranslation } from 'react-i18next'

import { useFieldNames } from '../../../shared/index.ts'
import { useAccountNames, useCurrencies } from '../queries.ts'
import { HappenedTag } from './HappenedTag.tsx'
import { SearchBox } from './SearchBox.tsx'
import { useWords } from '../useWords.ts'
import {
  filterCount,
  LONGEST_SEARCH,
  NO_FILTERS,
  SORT_KEYS,
  STATUSES,
  VALIDATIONS,
  type OfferView,
  type ViewChange,
} from '../view.ts'

interface Props {
  view: OfferView
  onChange: (change: ViewChange) => void
  /** Whether the table's heads, which sort too, are not there. */
  narrow: boolean
}

const ANY = 'any'
const STOCKS = [0, 5, 10, 50]

/** The choices of a filter, with one for "no filter" first. */
function choices<T extends string | number>(any: string, values: readonly T[], label: (value: T) => string) {
  return [
    { value: ANY, label: any },
    ...values.map((value) => ({ value: String(value), label: label(value) })),
  ]
}

function chosen(value: string | number | null): string {
  return value === null ? ANY : String(value)
}

/** The search and the filters of the offers table. */
export function OfferFilters({ view, onChange, narrow }: Props) {
  const { t } = useTranslation('offers')
  const words = useWords()
  const fields = useFieldNames()
  const accounts = useAccountNames().data ?? []
  const names =
    view.account === null || accounts.includes(view.account) ? accounts : [...accounts, view.account]
  const stocks =
    view.maxStock === null || STOCKS.includes(view.maxStock) ? STOCKS : [...STOCKS, view.maxStock]
  const atMost = (count: number): string =>
    count === 0 ? t('filters.outOfStock') : t('filters.atMost', { count })

  return (
    <div role="search" aria-label={t('filters.label')} className="offers-filters">
      <SearchBox
        value={view.search}
        label={t('filters.search')}
        maxLength={LONGEST_SEARCH}
        onSearch={(search) => onChange({ search })}
      />
      <Select
        aria-label={t('filters.account')}
        value={chosen(view.account)}
        options={choices(t('filters.allAccounts'), names, String)}
        onChange={(value) => onChange({ account: value === ANY ? null : value })}
      />
      <Select
        aria-label={t('filters.status')}
        value={chosen(view.status)}
        options={choices(t('filters.anyStatus'), STATUSES, fields.status)}
        onChange={(value) => onChange({ status: STATUSES.find((status) => status === value) ?? null })}
      />
      <Select
        aria-label={t('filters.sellable')}
        value={view.sellable === null ? ANY : view.sellable ? 'yes' : 'no'}
        options={choices(t('filters.anySellable'), ['yes', 'no'], (answer) =>
          answer === 'yes' ? t('filters.onlySellable') : t('filters.onlyNotSellable'),
        )}
        onChange={(value) => onChange({ sellable: value === ANY ? null : value === 'yes' })}
      />
      <Select
        aria-label={t('filters.stock')}
        value={chosen(view.maxStock)}
        options={choices(t('filters.anyStock'), stocks, atMost)}
        onChange={(value) => onChange({ maxStock: value === ANY ? null : Number(value) })}
      />
      <CurrencyFilter view={view} onChange={onChange} />
      <Select
        aria-label={t('filters.validation')}
        value={chosen(view.validation)}
        options={choices(t('filters.anyValidation'), VALIDATIONS, words.validation)}
        onChange={(value) => onChange({ validation: value === ANY ? null : Number(value) })}
      />
      {narrow ? (
        <Select
          aria-label={t('sort.label')}
          value={view.sort}
          options={SORT_KEYS.map((key) => ({ value: key, label: `${t('sort.label')}: ${t(`sort.${key}`)}` }))}
          onChange={(sort) => onChange({ sort, descending: false })}
        />
      ) : null}
      <Checkbox
        checked={view.withRemoved}
        onChange={(event) => onChange({ withRemoved: event.target.checked })}
      >
        {t('filters.removed')}
      </Checkbox>
      {view.happened === null ? null : (
        <HappenedTag happened={view.happened} onClose={() => onChange({ happened: null })} />
      )}
      {filterCount(view) > 0 || view.search !== '' ? (
        <Button type="link" onClick={() => onChange(NO_FILTERS)}>
          {t('filters.reset')}
        </Button>
      ) : null}
    </div>
  )
}

/** A choice where there is one: among the currencies that the account's prices are in. */
function CurrencyFilter({ view, onChange }: Pick<Props, 'view' | 'onChange'>) {
  const { t } = useTranslation('offers')
  const known = useCurrencies(view.account)
  const currencies =
    view.currency === null || known.includes(view.currency) ? known : [...known, view.currency]
  if (currencies.length < 2 && view.currency === null) return null
  return (
    <Select
      aria-label={t('filters.currency')}
      value={chosen(view.currency)}
      options={choices(t('filters.anyCurrency'), currencies, String)}
      onChange={(value) => onChange({ currency: value === ANY ? null : value })}
    />
  )
}
