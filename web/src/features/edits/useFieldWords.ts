import { useTranslation } from 'react-i18next'

import type { FieldError } from '../../api/errors.ts'
import { isAmount } from '../../shared/fields.ts'
import { formatMoney, formatNumber, useFieldNames } from '../../shared/index.ts'

/** What an objection names; amounts as the reader writes them. */
function shownValues(values: Readonly<Record<string, string>>): Record<string, string> {
  const isAmountText = (value: string): boolean => /^-?\d+\.\d+$/.test(value)
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      isAmountText(value) ? formatMoney(value, null) : value,
    ]),
  )
}

/** Fields, values and objections in the reader's words. */
export function useFieldWords() {
  const { t, i18n } = useTranslation('edits')
  const names = useFieldNames()

  const field = (name: string, warehouse: number | null = null): string => {
    const said = names.field(name)
    return warehouse ? t('ofWarehouse', { field: said, warehouse }) : said
  }
  /** A value as text of the API; `kind` says of stock whether it is a difference, `currency` what an amount is in. */
  const value = (
    name: string,
    text: string | null,
    kind = 'absolute',
    currency: string | null = null,
  ): string => {
    if (text === null || text === '') return t('none')
    if (isAmount(name)) return formatMoney(text, currency)
    if (name === 'status') return names.status(text)
    if (kind === 'relative') return t('difference', { pieces: text.replace('-', '−') })
    return name === 'vat_id' ? text : formatNumber(Number(text))
  }
  /** The server's own words where we have none for its code. */
  const objection = ({ code, message, values = {} }: FieldError): string => {
    const key = `objections.${code}`
    return i18n.exists(key, { ns: 'edits' }) ? t(key, shownValues(values)) : message
  }
  return { field, value, objection }
}
