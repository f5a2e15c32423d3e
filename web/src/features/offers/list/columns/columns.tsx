import type { TFunction } from 'i18next'
import type { ReactNode } from 'react'
import { Link } from 'react-router'

import type { Column } from '../../../../shared/DataTable.tsx'
import { formatDate, formatNumber } from '../../../../shared/index.ts'
import { Money } from '../../../../shared/Money.tsx'
import { formatRate } from '../../../../shared/vat.ts'
import { InlineEdit } from '../../../edits/offer/InlineEdit.tsx'
import { PendingBadge } from '../../../edits/offer/PendingBadge.tsx'
import { SellableBadge, StatusBadge, ValidationBadge } from '../../badges.tsx'
import { PriceWithVat } from '../../PriceWithVat.tsx'
import type { Product } from '../../queries.ts'
import { SORT_KEYS, writeView, type OfferView } from '../../view.ts'
import { Thumbnail } from '../Thumbnail.tsx'
import { DistanceAmount, DistancePercent } from './DistanceCell.tsx'
import type { ColumnKey } from './keys.ts'

const WIDTHS: Partial<Record<ColumnKey, number>> = {
  image: 56,
  name: 300,
  account: 70,
  brand: 130,
  category_id: 180,
  sale_price: 130,
  stock: 80,
  sellable: 145,
  validation: 180,
  eans: 150,
  created_at: 165,
  updated_at: 165,
  last_synced_at: 165,
}
const USUAL_WIDTH = 120
const AT_THE_END: ReadonlySet<ColumnKey> = new Set([
  'sale_price',
  'sale_price_with_vat',
  'vat_id',
  'recommended_price',
  'min_sale_price',
  'max_sale_price',
  'stock',
  'handling_time',
  'emag_id',
  'buy_button_rank',
  'number_of_offers',
  'best_offer_sale_price',
  'best_distance',
  'best_percent',
  'main_offer_price',
  'main_distance',
  'main_percent',
  'warranty',
])

const UNBROKEN: ReadonlySet<ColumnKey> = new Set([
  'part_number',
  'part_number_key',
  'created_at',
  'updated_at',
  'last_synced_at',
])

export function OfferLink({ offer, view, t }: { offer: Product; view: OfferView; t: TFunction<'offers'> }) {
  const name = offer.name ?? t('unnamed')
  return (
    <Link
      to={{ search: writeView({ ...view, offer: offer.id }).toString() }}
      className="offer-link"
      title={name}
    >
      {name}
    </Link>
  )
}

type Cell = (offer: Product, view: OfferView, t: TFunction<'offers'>) => ReactNode

function amount(key: 'recommended_price' | 'min_sale_price' | 'max_sale_price' | 'best_offer_sale_price') {
  return (offer: Product) => <Money amount={offer[key]} currency={offer.currency} />
}

function number(key: 'handling_time' | 'buy_button_rank' | 'number_of_offers' | 'warranty') {
  return (offer: Product) => formatNumber(offer[key])
}

function time(key: 'created_at' | 'updated_at' | 'last_synced_at') {
  return (offer: Product) => formatDate(offer[key])
}

const CELLS: Record<ColumnKey, Cell> = {
  image: (offer) => <Thumbnail address={offer.main_image} />,
  name: (offer, view, t) => (
    <>
      <OfferLink offer={offer} view={view} t={t} />
      <PendingBadge offer={offer} />
    </>
  ),
  part_number: (offer) => offer.part_number,
  part_number_key: (offer) => offer.part_number_key,
  emag_id: (offer) => offer.emag_id,
  account: (offer) => offer.account,
  brand: ({ brand }) => brand,
  category_id: ({ category_name: name, category_id: id }, _, t) =>
    name ?? (id === null ? '–' : t('filters.unnamed.category', { id })),
  sale_price: (offer) => (
    <InlineEdit offer={offer} field="sale_price">
      <Money amount={offer.sale_price} currency={offer.currency} />
      <PriceWithVat offer={offer} />
    </InlineEdit>
  ),
  sale_price_with_vat: (offer) => <Money amount={offer.sale_price_with_vat} currency={offer.currency} />,
  vat_id: ({ vat_rate: rate, vat_id: id }, _, t) =>
    rate === null ? (id === null ? '–' : t('filters.unnamed.vat_id', { id })) : formatRate(rate),
  recommended_price: amount('recommended_price'),
  min_sale_price: amount('min_sale_price'),
  max_sale_price: amount('max_sale_price'),
  stock: (offer) => (
    <InlineEdit offer={offer} field="stock">
      {formatNumber(offer.stock)}
    </InlineEdit>
  ),
  handling_time: number('handling_time'),
  status: (offer) => (
    <InlineEdit offer={offer} field="status">
      <StatusBadge offer={offer} />
    </InlineEdit>
  ),
  sellable: ({ sellable }) => <SellableBadge sellable={sellable} />,
  validation: (offer) => <ValidationBadge code={offer.validation_status} />,
  buy_button_rank: number('buy_button_rank'),
  number_of_offers: number('number_of_offers'),
  best_offer_sale_price: amount('best_offer_sale_price'),
  best_distance: (offer) => <DistanceAmount offer={offer} to={offer.best_offer_sale_price} />,
  best_percent: (offer) => <DistancePercent offer={offer} to={offer.best_offer_sale_price} />,
  main_offer_price: (offer) => <Money amount={offer.main_offer_price} currency={offer.currency} />,
  main_distance: (offer) => <DistanceAmount offer={offer} to={offer.main_offer_price} />,
  main_percent: (offer) => <DistancePercent offer={offer} to={offer.main_offer_price} />,
  eans: ({ eans }) => eans.join(', '),
  warranty: number('warranty'),
  created_at: time('created_at'),
  updated_at: time('updated_at'),
  last_synced_at: time('last_synced_at'),
}

/** The columns as the table has them. */
export function columnsOf(
  keys: readonly ColumnKey[],
  view: OfferView,
  t: TFunction<'offers'>,
): Column<Product>[] {
  return keys.map((key) => {
    const sortKey = key === 'account' ? 'account' : SORT_KEYS.find((known) => known === key)
    return {
      key,
      title:
        key === 'image' ? <span className="visually-hidden">{t('columns.image')}</span> : t(`columns.${key}`),
      width: WIDTHS[key] ?? USUAL_WIDTH,
      align: AT_THE_END.has(key) ? 'end' : 'start',
      nowrap: UNBROKEN.has(key),
      ...(sortKey === undefined ? {} : { sortKey }),
      render: (offer) => CELLS[key](offer, view, t),
    }
  })
}
