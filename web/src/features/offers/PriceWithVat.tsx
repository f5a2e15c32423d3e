import { useTranslation } from 'react-i18next'

import { formatMoney } from '../../shared/index.ts'
import { formatRate } from '../../shared/vat.ts'
import type { Product } from './queries.ts'

/** The price with VAT, below the one without; nothing while the account's VAT rates are not known. */
export function PriceWithVat({
  offer,
}: {
  offer: Pick<Product, 'sale_price_with_vat' | 'vat_rate' | 'currency'>
}) {
  const { t } = useTranslation('offers')
  if (offer.sale_price_with_vat === null || offer.vat_rate === null) return null
  const exact = `${formatMoney(offer.sale_price_with_vat, offer.currency)} (${formatRate(offer.vat_rate)})`
  return (
    <span className="price-with-vat" title={t('priceWithVat', { price: exact })}>
      {t('priceWithVat', { price: formatMoney(offer.sale_price_with_vat, null, undefined, 2) })}
    </span>
  )
}
