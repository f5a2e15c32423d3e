import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'

import { isApiError } from '../api/errors.ts'

export interface ErrorText {
  title: string
  detail: string
}

/** An error as a headline and what to do; the server's own words where we have none for its code. */
export function errorText(t: TFunction, error: unknown): ErrorText {
  if (!isApiError(error)) return { title: t('error.unexpected.title'), detail: t('error.unexpected.detail') }
  const known = t([`error.${error.code}.title`, 'error.none'], { defaultValue: '' })
  if (known !== '') {
    const values = { detail: error.detail, count: error.retryAfter ?? 0, ...error.extra }
    return { title: known, detail: t(`error.${error.code}.detail`, values) }
  }
  const title = error.status >= 500 ? t('error.server.title') : t('error.refused.title')
  return { title, detail: error.detail || t('error.server.detail') }
}

export function useErrorText(error: unknown): ErrorText {
  const { t } = useTranslation()
  return errorText(t, error)
}
