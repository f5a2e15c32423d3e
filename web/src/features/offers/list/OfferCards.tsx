import { useTranslation } from 'react-i18next'

import { formatNumber } from '../../../shared/index.ts'
import { InlineEdit } from '../../edits/offer/InlineEdit.tsx'
import { PendingBadge } from '../../edits/offer/PendingBadge.tsx'
import { SellableBadge, StatusBadge } from '../badges.tsx'
import { Money } from '../../../shared/Money.tsx'
import { openRow } from '../../../shared/rows.ts'
import { OfferBox, type Choosing } from './SelectBox.tsx'
import { PriceWithVat } from '../PriceWithVat.tsx'
import { OfferLink } from './columns/columns.tsx'
import type { Product } from '../queries.ts'
import { Thumbnail } from './Thumbnail.tsx'
import type { OfferView } from '../view.ts'

/** The offers of a page for narrow screens. */
export function OfferCards({
  offers,
  view,
  choosing,
}: {
  offers: Product[]
  view: OfferView
  choosing: Choosing | null
}) {
  const { t } = useTranslation('offers')
  return (
    <ul className="offer-cards">
      {offers.map((offer) => (
        // The keyboard has its own way to open a row (rows.ts).
        // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events
        <li
          key={offer.id}
          data-row
          tabIndex={-1}
          onClick={(event) => openRow(event.currentTarget, event.target)}
        >
          {choosing ? <OfferBox offer={offer} choosing={choosing} /> : null}
          <Thumbnail address={offer.main_image} size={56} />
          <div>
            <OfferLink offer={offer} view={view} t={t} />
            <p className="muted">
              {offer.part_number} · {offer.account}
            </p>
            <p className="offer-card-numbers">
              <InlineEdit offer={offer} field="sale_price">
                <strong>
                  <Money amount={offer.sale_price} currency={offer.currency} />
                </strong>
                <PriceWithVat offer={offer} />
              </InlineEdit>
              <InlineEdit offer={offer} field="stock">
                {t('columns.stock')}: {formatNumber(offer.stock)}
              </InlineEdit>
            </p>
            <p className="offer-card-badges">
              <InlineEdit offer={offer} field="status">
                <StatusBadge offer={offer} />
              </InlineEdit>
              <SellableBadge sellable={offer.sellable} />
              <PendingBadge offer={offer} />
            </p>
          </div>
        </li>
      ))}
    </ul>
  )
}
