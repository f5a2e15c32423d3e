import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import type { Column } from '../../shared/DataTable.tsx'
import { keyOf, type OfferName } from '../../shared/offer-names.ts'
import { targetOf } from './offer/form.ts'
import { isAmount } from '../../shared/fields.ts'
import { formatMoney } from '../../shared/index.ts'
import { formatRate, toCents, withVat } from '../../shared/vat.ts'
import { useValueWords } from './useValueWords.ts'

interface OfOffer {
  account: string
  emag_id: number
}

/** Whose offer a row is about, with the way to it. */
export function offerColumns<Row extends OfOffer>(
  names: ReadonlyMap<string, OfferName>,
  t: TFunction<'edits'>,
): Column<Row>[] {
  return [
    { key: 'account', title: t('columns.account'), width: 80, render: (row) => row.account },
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
      <span className="muted offer-code">{[offer.part_number, emagId].filter(Boolean).join(' · ')}</span>
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
  account: string
  /** What prices are in, and their VAT, where the offer is known. */
  offer?: Pick<OfferName, 'currency' | 'vat_rate'> | undefined
}) {
  const words = useValueWords()
  const currency = props.offer?.currency ?? null
  const value = (text: string | null, kind = 'absolute'): string =>
    words.valueOf(props.account, props.field, text, kind, currency)
  const difference = value(props.to, props.kind)
  const target = targetOf(props.from, props.to, props.kind)
  const shownAs = target === null ? props.kind : 'absolute'
  return (
    <span className="from-to">
      <strong>{words.field(props.field, props.warehouse ?? null)}</strong>: {value(props.from)} →{' '}
      {value(target ?? props.to, shownAs)}
      {target !== null && props.kind === 'relative' ? ` (${difference})` : null}
      {isAmount(props.field) ? <BothWithVat from={props.from} to={props.to} offer={props.offer} /> : null}
    </span>
  )
}

interface WithVatProps {
  from: string | null
  to: string | null
  offer: Pick<OfferName, 'currency' | 'vat_rate'> | undefined
}

/** The same change of a price with VAT, below the one without; nothing while the VAT is not known. */
function BothWithVat({ from, to, offer }: WithVatProps) {
  const { t } = useTranslation('edits')
  const rate = offer?.vat_rate ?? null
  if (offer === undefined || rate === null || !to) return null
  const gross = (net: string | null): string =>
    net ? formatMoney(toCents(withVat(net, rate)), null) : t('none')
  return (
    <span className="muted from-to-vat">
      {t('vat.with', { rate: formatRate(rate) })}: {gross(from)} → {gross(to)}
    </span>
  )
}
