import { useTranslation } from 'react-i18next'

import { isApiError } from '../../api/errors.ts'
import { errorText, type ErrorText } from '../../shared/index.ts'

/** Errors in the reader's words, with those for the reasons of sources, which no other page needs. */
export function useErrorWords(): (error: unknown) => ErrorText {
  const { t } = useTranslation('sources')
  const common = useTranslation('common').t
  return (error) => {
    const { title, detail } = errorText(common, error)
    if (!isApiError(error) || typeof error.extra['reason'] !== 'string') return { title, detail }
    const values = error.extra['values']
    const named = typeof values === 'object' && values !== null ? values : {}
    return {
      title,
      detail: t(`reasons.${error.code}.${error.extra['reason']}`, { defaultValue: detail, ...named }),
    }
  }
}
