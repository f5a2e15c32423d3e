import type { TFunction } from 'i18next'
import { Link } from 'react-router'

import type { Column } from '../../shared/DataTable.tsx'
import { keyOf, type OfferName } from '../../shared/offer-names.ts'
import { targetOf } from './offer/form.ts'
import { useFieldWords } from './useFieldWords.ts'

interface OfOffer {
  account_type: string
  emag_id: number
}

/** Whose offer a row is about, with the way to it. */
export function offerColumns<Row extends OfOffer>(
  names: ReadonlyMap<string, OfferName>,
  t: TFunction<'edits'>,
): Column<Row>[] {
  return [
    { key: 'account', title: t('columns.account'), width: 80, render: (row) => row.account_type },
    {
      key: 'offer',
      title: t('columns.offer'),
      width: 260,
      render: (row) => <OfferCell emagId={row.emag_id} offer={names.get(keyOf(row))} />,
    },
  ]
}

function OfferCell({ emagId, offer }: { emagId: number; offer: OfferName | undefined }) {
  if (offer === undefined) return emagId
  return (
    <Link className="offer-link" to={`/offers?offer=${offer.id}`} title={offer.name ?? undefined}>
      {offer.name ?? emagId}
      <span className="muted offer-sku">{[offer.sku, emagId].filter(Boolean).join(' · ')}</span>
    </Link>
  )
}

/** A field's value from one to another. */
export function FromTo(props: {
  field: string
  warehouse?: number | null
  from: string | null
  to: string | null
  kind?: string
}) {
  const words = useFieldWords()
  const difference = words.value(props.field, props.to, props.kind)
  const target = targetOf(props.from, props.to, props.kind)
  const shownAs = target === null ? props.kind : 'absolute'
  return (
    <span className="from-to">
      <strong>{words.field(props.field, props.warehouse ?? null)}</strong>:{' '}
      {words.value(props.field, props.from)} → {words.value(props.field, target ?? props.to, shownAs)}
      {target !== null && props.kind === 'relative' ? ` (${difference})` : null}
    </span>
  )
}
