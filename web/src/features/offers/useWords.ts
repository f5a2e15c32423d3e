import { useTranslation } from 'react-i18next'

import { formatMoney, useFieldNames } from '../../shared/index.ts'
import { isAmount } from '../../shared/fields.ts'
import { reasonKey } from './reasons.ts'

/** Numbers, codes and names of eMAG in the reader's words. */
export function useWords() {
  const { t, i18n } = useTranslation('offers')
  const names = useFieldNames()

  const field = (name: string): string => {
    return name === 'lifecycle' ? t('changes.lifecycle') : names.field(name)
  }
  const reason = (code: string): string => {
    const known = reasonKey(code)
    return known === null ? code : t(`reasons.${known.key}.text`, { code: known.code }).replace(/\.$/, '')
  }
  const truth = (text: string): string => (text === 'true' || text === '1' ? t('detail.yes') : t('detail.no'))

  /** A value of the change log. */
  const value = (name: string, text: string | null, currency: string | null | undefined): string => {
    if (text === null || text === '') return t('detail.none')
    if (isAmount(name)) return formatMoney(text, currency)
    switch (name) {
      case 'lifecycle':
        return i18n.exists(`changes.${text}`, { ns: 'offers' }) ? t(`changes.${text}`) : text
      case 'status':
        return names.status(text)
      case 'sellable':
        return truth(text)
      case 'validation_status':
      case 'translation_validation_status':
        return names.validation(text)
      case 'offer_validation_status':
        return names.offerValidation(text)
      default:
        return text
    }
  }

  return {
    field,
    value,
    /** What keeps an offer from sale, without a full stop. */
    reason,
    validation: names.validation,
    offerValidation: names.offerValidation,
  }
}
