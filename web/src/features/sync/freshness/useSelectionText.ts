import { useTranslation } from 'react-i18next'

import { formatNumber } from '../../../shared/format.ts'
import { others, type Selection } from './targets.ts'

/** A selection as people say it: "active, stock at most 4". */
export function useSelectionText(): (selection: Selection | undefined) => string {
  const { t } = useTranslation('sync')
  return (selection) => {
    const parts = [
      ...(selection?.status ?? []).map((status) => t(`freshness.status.${status}`)),
      ...(typeof selection?.sellable === 'boolean'
        ? [t(selection.sellable ? 'freshness.sellable' : 'freshness.notSellable')]
        : []),
      ...(typeof selection?.stock_max === 'number'
        ? [t('freshness.stockAtMost', { value: formatNumber(selection.stock_max) })]
        : []),
      ...others(selection),
    ]
    return parts.length > 0 ? parts.join(', ') : t('freshness.everything')
  }
}
