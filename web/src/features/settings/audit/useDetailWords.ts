import { useTranslation } from 'react-i18next'

import { useFieldNames } from '../../../shared/index.ts'
import type { DetailWords } from './audit.ts'

/** The details of audit entries in the reader's words; a name or a code without a word is shown as it is. */
export function useDetailWords(): DetailWords {
  const { t, i18n } = useTranslation('settings')
  const fields = useFieldNames()
  const textOf = (key: string): string | null => (i18n.exists(key, { ns: 'settings' }) ? t(key) : null)
  return {
    name: (name) => textOf(`audit.details.${name}`) ?? fields.field(name),
    value: (value) => {
      if (typeof value === 'boolean') return t(value ? 'yes' : 'no')
      return textOf(`audit.values.${value}`) ?? String(value)
    },
  }
}
