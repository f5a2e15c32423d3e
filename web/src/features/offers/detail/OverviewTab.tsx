import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'

import { formatDate, formatMoney, formatNumber, useFieldNames } from '../../../shared/index.ts'
import { OfferEdits } from '../../edits/offer/OfferEdits.tsx'
import type { ProductDetail } from '../queries.ts'
import { PriceWithVat } from '../PriceWithVat.tsx'
import { reasonKey } from '../reasons.ts'

/** Why the offer is or is not on sale, the next step, and what eMAG objects to. */
export function OverviewTab({ offer }: { offer: ProductDetail }) {
  const { t } = useTranslation('offers')
  const names = useFieldNames()
  return (
    <>
      <Verdict offer={offer} />
      <OfferEdits offer={offer} />
      {offer.reasons.length > 0 ? (
        <section>
          <h3>{t('detail.why')}</h3>
          <ul className="offer-reasons">
            {offer.reasons.map((reason) => (
              <li key={reason.code}>
                <ReasonText offer={offer} code={reason.code} text={reason.text} />
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      <p className="offer-card-numbers">
        <strong>{formatMoney(offer.sale_price, offer.currency)}</strong>
        <PriceWithVat offer={offer} />
        <span>
          {names.field('stock')}: {formatNumber(offer.stock)}
        </span>
        <span className="muted">
          {names.field('last_synced_at')}: {formatDate(offer.last_synced_at)}
          {offer.sync_status === 'stale' ? ` (${t('stale')})` : ''}
        </span>
      </p>
      <Objections offer={offer} />
      <Remarks offer={offer} />
    </>
  )
}

function Verdict({ offer }: { offer: ProductDetail }) {
  const { t } = useTranslation('offers')
  if (offer.removed_at !== null) {
    const text = t('detail.removedText', { date: formatDate(offer.removed_at) })
    return <Alert type="warning" showIcon title={t('detail.removedTitle')} description={text} />
  }
  if (offer.sellable) {
    return <Alert type="success" showIcon title={t('detail.sells')} description={t('detail.sellsText')} />
  }
  return <Alert type="error" showIcon title={t('detail.doesNotSell')} />
}

function ReasonText({ offer, code, text }: { offer: ProductDetail; code: string; text: string }) {
  const { t } = useTranslation('offers')
  const known = reasonKey(code)
  if (known === null) return <p>{text}</p>
  const values = {
    code: known.code,
    min: formatMoney(offer.min_sale_price, offer.currency),
    max: formatMoney(offer.max_sale_price, offer.currency),
  }
  return (
    <>
      <p>
        <strong>{t(`reasons.${known.key}.text`, values)}</strong>
      </p>
      <p>
        {t('detail.next')} {t(`reasons.${known.key}.next`, values)}
      </p>
    </>
  )
}

function Objections({ offer }: { offer: ProductDetail }) {
  const { t } = useTranslation('offers')
  if (offer.validation_errors.length === 0) return <p className="muted">{t('detail.noObjections')}</p>
  return (
    <section>
      <h3>{t('detail.objections')}</h3>
      <p className="muted">{t('detail.objectionsText')}</p>
      <ul className="offer-reasons">
        {offer.validation_errors.map((objection) => (
          <li key={JSON.stringify(objection)} className="is-objection">
            <p>{objection.message || objection.code}</p>
            <p className="muted">
              {objection.section ? t('detail.section', { section: objection.section }) : null}
              {objection.message && objection.code ? ` (${objection.code})` : null}
            </p>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Remarks({ offer }: { offer: ProductDetail }) {
  const { t } = useTranslation('offers')
  if (offer.remarks.length === 0) return null
  return (
    <section>
      <h3>{t('detail.remarks')}</h3>
      <ul>
        {offer.remarks.map((remark) => (
          <li key={`${remark.field} ${remark.reason}`}>
            <code>{remark.field}</code>: {remark.reason}
          </li>
        ))}
      </ul>
    </section>
  )
}
