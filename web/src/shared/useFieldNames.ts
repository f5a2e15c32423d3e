import { useTranslation } from 'react-i18next'

import { statusName } from './fields.ts'

/** Fields and statuses of offers in the reader's words. */
export function useFieldNames() {
  const { t, i18n } = useTranslation('common')
  const textOf = (key: string, otherwise: string) => (i18n.exists(key, { ns: 'common' }) ? t(key) : otherwise)
  const coded = (family: string, code: number | string | null): string =>
    code === null || code === ''
      ? t(`${family}.unknown`)
      : textOf(`${family}.${code}`, t(`${family}.other`, { code }))
  return {
    /** eMAG's codes of the documentation's and the price's validation. */
    validation: (code: number | string | null): string => coded('validation', code),
    offerValidation: (code: number | string | null): string => coded('offerValidation', code),
    /** The name itself where there is no word for it. */
    field: (name: string): string => textOf(`fields.${name}`, name),
    status: (status: number | string | null): string =>
      textOf(`offerStatus.${statusName(status)}`, t('offerStatus.unknown')),
  }
}
