import { useTranslation } from 'react-i18next'

import { reasonKey } from '../offers/reasons.ts'

/** What keeps offers from sale, in the reader's words. */
export function useReasonWords(): (code: string) => string {
  const { t } = useTranslation('offers')
  return (code) => {
    const known = reasonKey(code)
    return known === null ? code : t(`reasons.${known.key}.text`, { code: known.code })
  }
}
