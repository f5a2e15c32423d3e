import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'

import { isApiError, type ApiError } from '../api/errors.ts'

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
    return { title: known, detail: reasonText(t, error) || t(`error.${error.code}.detail`, values) }
  }
  const title = error.status >= 500 ? t('error.server.title') : t('error.refused.title')
  return { title, detail: error.detail || t('error.server.detail') }
}

export function useErrorText(error: unknown): ErrorText {
  const { t } = useTranslation()
  return errorText(t, error)
}

/** The words for an error's `reason`, with the `values` that it names; empty where we have none. */
function reasonText(t: TFunction, { code, extra }: ApiError): string {
  const { reason, values } = extra
  if (typeof reason !== 'string') return ''
  const named = typeof values === 'object' && values !== null ? values : {}
  return t([`error.${code}.reasons.${reason}`, 'error.none'], { defaultValue: '', ...named })
}
