import { Descriptions } from 'antd'
import { useTranslation } from 'react-i18next'

import { isAmount } from '../../../shared/fields.ts'
import { formatDate, formatMoney, formatNumber, useFieldNames } from '../../../shared/index.ts'
import { formatRate, toCents } from '../../../shared/vat.ts'
import type { Product, ProductDetail } from '../queries.ts'
import { useWords } from '../useWords.ts'

const GROUPS = {
  identity: [
    'emag_id',
    'account',
    'part_number',
    'part_number_key',
    'name',
    'brand',
    'eans',
    'category_id',
    'id',
  ],
  price: [
    'sale_price',
    'sale_price_with_vat',
    'recommended_price',
    'min_sale_price',
    'max_sale_price',
    'currency',
    'currency_type',
    'vat_id',
  ],
  stock: ['stock', 'estimated_stock', 'handling_time', 'warranty'],
  validation: [
    'status',
    'sellable',
    'validation_status',
    'offer_validation_status',
    'translation_validation_status',
    'sync_status',
  ],
  competition: [
    'buy_button_rank',
    'number_of_offers',
    'best_offer_sale_price',
    'main_offer_price',
    'ownership',
    'genius_eligibility',
    'genius_eligibility_type',
    'genius_computed',
  ],
  times: ['created_at', 'updated_at', 'last_synced_at', 'removed_at', 'version'],
} as const satisfies Record<string, readonly (keyof Product)[]>

type Field = (typeof GROUPS)[keyof typeof GROUPS][number]

/** All fields of an offer, in groups. */
export function FieldsTab({ offer }: { offer: ProductDetail }) {
  const { t } = useTranslation('offers')
  const names = useFieldNames()
  const show = useField(offer)
  return Object.entries(GROUPS).map(([group, fields]) => (
    <Descriptions
      key={group}
      title={t(`groups.${group}`)}
      size="small"
      bordered
      column={1}
      className="offer-fields"
      styles={{ label: { width: '45%' } }}
      items={fields.map((field: Field) => ({
        key: field,
        label: names.field(field),
        children: show(field),
      }))}
    />
  ))
}

const SHAPES: Partial<Record<Field, 'number' | 'date' | 'truth'>> = {
  stock: 'number',
  estimated_stock: 'number',
  handling_time: 'number',
  warranty: 'number',
  number_of_offers: 'number',
  created_at: 'date',
  updated_at: 'date',
  last_synced_at: 'date',
  removed_at: 'date',
  sellable: 'truth',
  ownership: 'truth',
  genius_eligibility: 'truth',
  genius_computed: 'truth',
}

/** Shows a field's value in the reader's words. */
function useField(offer: ProductDetail): (field: Field) => string {
  const { t, i18n } = useTranslation('offers')
  const words = useWords()
  const names = useFieldNames()

  const shaped = (shape: NonNullable<(typeof SHAPES)[Field]>, value: string | number | boolean): string => {
    switch (shape) {
      case 'number':
        return formatNumber(Number(value))
      case 'date':
        return formatDate(String(value))
      case 'truth':
        return value ? t('detail.yes') : t('detail.no')
    }
  }
  const worded = (field: Field): string | null => {
    switch (field) {
      case 'status':
        return names.status(offer.status)
      case 'sync_status':
        return t(`syncStatus.${offer.sync_status}`)
      case 'validation_status':
      case 'translation_validation_status':
        return words.validation(offer[field])
      case 'offer_validation_status':
        return words.offerValidation(offer.offer_validation_status)
      case 'vat_id':
        return offer.vat_rate === null ? null : formatRate(offer.vat_rate)
      case 'category_id':
        return categoryText(offer)
      case 'eans':
        return offer.eans.join(', ') || t('detail.none')
      default:
        return null
    }
  }
  const categoryText = ({ category_id: id, category_name: name }: ProductDetail): string | null => {
    if (id === null) return null
    return name === null ? t('common:number', { id }) : `${name} (${String(id)})`
  }
  return (field) => {
    const inWords = worded(field)
    if (inWords !== null) return inWords
    const value = offer[field]
    if (value === null || Array.isArray(value)) return t('detail.none')
    if (field === 'sale_price_with_vat') return formatMoney(toCents(String(value)), offer.currency)
    if (isAmount(field)) return formatMoney(String(value), offer.currency)
    const shape = SHAPES[field]
    if (shape !== undefined) return shaped(shape, value)
    const key = `geniusType.${String(value)}`
    return field === 'genius_eligibility_type' && i18n.exists(key, { ns: 'offers' }) ? t(key) : String(value)
  }
}
