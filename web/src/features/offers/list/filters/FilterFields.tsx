import { Checkbox, Select } from 'antd'
import { useTranslation } from 'react-i18next'

import { DateField } from '../../../../shared/DateField.tsx'
import { useFieldNames } from '../../../../shared/index.ts'
import { BUY_BUTTONS, STATUSES, VALIDATIONS } from '../../filters.ts'
import { useAccountNames, useCurrencies } from '../../queries.ts'
import { REASON_CODES } from '../../reasons.ts'
import { useWords } from '../../useWords.ts'
import type { OfferView, ViewChange } from '../../view.ts'
import { FacetSelect } from './FacetSelect.tsx'
import { RangeField } from './RangeField.tsx'
import { SeveralSelect } from './SeveralSelect.tsx'

interface Props {
  view: OfferView
  onChange: (change: ViewChange) => void
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

function withOwn<T>(known: readonly T[], own: readonly T[]): T[] {
  return [...new Set([...known, ...own])]
}

/** The filters that are used most. */
export function UsualFilters({ view, onChange }: Props) {
  const { t } = useTranslation('offers')
  const fields = useFieldNames()
  const accounts = useAccountNames().data ?? []
  const names = withOwn(accounts, view.account === null ? [] : [view.account])
  const stocks = withOwn(STOCKS, view.maxStock === null ? [] : [view.maxStock])
  const atMost = (count: number): string =>
    count === 0 ? t('filters.outOfStock') : t('filters.atMost', { count })
  return (
    <>
      <Select
        aria-label={t('filters.account')}
        value={chosen(view.account)}
        options={choices(t('filters.allAccounts'), names, String)}
        onChange={(value) => onChange({ account: value === ANY ? null : value })}
      />
      <SeveralSelect
        label={t('filters.status')}
        value={view.statuses}
        options={STATUSES.map((value) => ({ value, label: fields.status(value) }))}
        onChange={(statuses) => onChange({ statuses })}
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
      <FacetSelect
        facet="category"
        label={t('filters.category')}
        account={view.account}
        value={view.categories.map(String)}
        onChange={(values) => onChange({ categories: values.map(Number) })}
      />
      <FacetSelect
        facet="brand"
        label={t('filters.brand')}
        account={view.account}
        value={view.brands}
        onChange={(brands) => onChange({ brands })}
      />
    </>
  )
}

/** All others. */
export function FurtherFilters({ view, onChange }: Props) {
  const { t } = useTranslation('offers')
  const words = useWords()
  const currencies = withOwn(useCurrencies(view.account), view.currencies)
  const hasPrice = view.priceMin !== null || view.priceMax !== null
  return (
    <>
      <RangeField
        label={t('filters.price')}
        kind="amount"
        from={view.priceMin}
        to={view.priceMax}
        onChange={(bound) => onChange('from' in bound ? { priceMin: bound.from } : { priceMax: bound.to })}
      />
      {currencies.length > 1 || view.currencies.length > 0 ? (
        <SeveralSelect
          label={t('filters.currency')}
          value={view.currencies}
          options={currencies.map((value) => ({ value, label: value }))}
          onChange={(several) => onChange({ currencies: several })}
        />
      ) : null}
      {hasPrice && currencies.length > 1 && view.currencies.length !== 1 ? (
        <p className="muted filter-note">{t('filters.priceOfEach')}</p>
      ) : null}
      <FacetSelect
        facet="vat_id"
        label={t('filters.vat')}
        account={view.account}
        value={view.vatIds.map(String)}
        onChange={(values) => onChange({ vatIds: values.map(Number) })}
      />
      <SeveralSelect
        label={t('filters.buyButton')}
        value={view.buyButtons}
        options={BUY_BUTTONS.map((value) => ({ value, label: t(`filters.buyButtons.${value}`) }))}
        onChange={(buyButtons) => onChange({ buyButtons })}
      />
      <RangeField
        label={t('filters.rank')}
        kind="whole"
        from={view.rankMin === null ? null : String(view.rankMin)}
        to={view.rankMax === null ? null : String(view.rankMax)}
        onChange={(bound) =>
          onChange('from' in bound ? { rankMin: numberOf(bound.from) } : { rankMax: numberOf(bound.to) })
        }
      />
      <SeveralSelect
        label={t('filters.reason')}
        value={view.reasons}
        options={withOwn(REASON_CODES, view.reasons).map((value) => ({ value, label: words.reason(value) }))}
        onChange={(reasons) => onChange({ reasons })}
      />
      <SeveralSelect
        label={t('filters.validation')}
        value={view.validations.map(String)}
        options={withOwn<number>(VALIDATIONS, view.validations).map((code) => ({
          value: String(code),
          label: words.validation(code),
        }))}
        onChange={(values) => onChange({ validations: values.map(Number) })}
      />
      <DateField
        label={t('filters.changedSince')}
        value={view.changedSince ?? ''}
        onChange={(day) => onChange({ changedSince: day === '' ? null : day })}
      />
      <Checkbox
        checked={view.withRemoved}
        onChange={(event) => onChange({ withRemoved: event.target.checked })}
      >
        {t('filters.removed')}
      </Checkbox>
    </>
  )
}

function numberOf(text: string | null): number | null {
  return text === null ? null : Number(text)
}
