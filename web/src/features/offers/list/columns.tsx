import type { TFunction } from 'i18next'
import { Link } from 'react-router'

import type { Column } from '../../../shared/DataTable.tsx'
import { formatDate, formatNumber } from '../../../shared/index.ts'
import { Money } from '../../../shared/Money.tsx'
import { InlineEdit } from '../../edits/offer/InlineEdit.tsx'
import { PendingBadge } from '../../edits/offer/PendingBadge.tsx'
import { SellableBadge, StatusBadge, ValidationBadge } from '../badges.tsx'
import type { Product } from '../queries.ts'
import { PriceWithVat } from '../PriceWithVat.tsx'
import { Thumbnail } from './Thumbnail.tsx'
import { SORT_KEYS, writeView, type OfferView } from '../view.ts'

export const COLUMN_KEYS = [
  'image',
  'name',
  'part_number',
  'part_number_key',
  'emag_id',
  'account',
  'brand',
  'sale_price',
  'stock',
  'status',
  'sellable',
  'validation',
  'eans',
  'updated_at',
  'last_synced_at',
] as const
export type ColumnKey = (typeof COLUMN_KEYS)[number]

/** The column by which an offer is opened cannot be hidden. */
export const FIXED_COLUMN: ColumnKey = 'name'
export const USUAL_COLUMNS: readonly ColumnKey[] = [
  'image',
  'name',
  'part_number',
  'account',
  'sale_price',
  'stock',
  'status',
  'sellable',
  'validation',
]

const WIDTHS: Record<ColumnKey, number> = {
  image: 56,
  name: 300,
  part_number: 120,
  part_number_key: 120,
  emag_id: 110,
  account: 70,
  brand: 130,
  sale_price: 130,
  stock: 80,
  status: 110,
  sellable: 145,
  validation: 180,
  eans: 150,
  updated_at: 165,
  last_synced_at: 165,
}
const AT_THE_END: ReadonlySet<ColumnKey> = new Set(['sale_price', 'stock', 'emag_id'])

const UNBROKEN: ReadonlySet<ColumnKey> = new Set([
  'part_number',
  'part_number_key',
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

function cell(key: ColumnKey, offer: Product, view: OfferView, t: TFunction<'offers'>) {
  switch (key) {
    case 'image':
      return <Thumbnail address={offer.main_image} />
    case 'name':
      return (
        <>
          <OfferLink offer={offer} view={view} t={t} />
          <PendingBadge offer={offer} />
        </>
      )
    case 'sale_price':
      return (
        <InlineEdit offer={offer} field="sale_price">
          <Money amount={offer.sale_price} currency={offer.currency} />
          <PriceWithVat offer={offer} />
        </InlineEdit>
      )
    case 'stock':
      return (
        <InlineEdit offer={offer} field="stock">
          {formatNumber(offer.stock)}
        </InlineEdit>
      )
    case 'status':
      return (
        <InlineEdit offer={offer} field="status">
          <StatusBadge offer={offer} />
        </InlineEdit>
      )
    case 'sellable':
      return <SellableBadge sellable={offer.sellable} />
    case 'validation':
      return <ValidationBadge code={offer.validation_status} />
    case 'eans':
      return offer.eans.join(', ')
    case 'updated_at':
    case 'last_synced_at':
      return formatDate(offer[key])
    default:
      return offer[key]
  }
}

/** The table's columns in their usual order. */
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
      width: WIDTHS[key],
      align: AT_THE_END.has(key) ? 'end' : 'start',
      nowrap: UNBROKEN.has(key),
      ...(sortKey === undefined ? {} : { sortKey }),
      render: (offer) => cell(key, offer, view, t),
    }
  })
}

/** The chosen columns; what is not a column is passed over, and the fixed one is always there. */
export function chosenColumns(names: readonly string[] | null): readonly ColumnKey[] {
  if (names === null) return USUAL_COLUMNS
  return COLUMN_KEYS.filter((key) => key === FIXED_COLUMN || names.includes(key))
}
