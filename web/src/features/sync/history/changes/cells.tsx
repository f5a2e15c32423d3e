import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { isAmount } from '../../../../shared/fields.ts'
import { formatMoney, useFieldNames } from '../../../../shared/index.ts'
import type { Fields } from './queries.ts'

interface Named {
  product_id: number | null
  emag_id: number
  part_number: string | null
  name: string | null
}

/** An offer by its name, SKU and id; a link where the copy has it. */
export function OfferName({ of }: { of: Named }) {
  const { t } = useTranslation('changes')
  const title = of.name ?? of.part_number ?? t('unnamed')
  return (
    <>
      {of.product_id === null ? title : <Link to={`/offers?offer=${of.product_id}`}>{title}</Link>}
      <div className="muted">{[of.part_number, of.emag_id].filter((part) => part !== null).join(' · ')}</div>
    </>
  )
}

/** Each field with what it was and what it is; nothing for what the change log does not follow. */
export function FieldChanges({ fields, currency }: { fields: Fields; currency: string | null }) {
  const { t } = useTranslation('changes')
  const names = useFieldNames()
  const entries = Object.entries(fields)
  const said = (field: string, value: string | null | undefined): string => {
    if (value === null || value === undefined || value === '') return t('nothing')
    if (isAmount(field)) return formatMoney(value, currency)
    if (field === 'status') return names.status(value)
    if (field === 'sellable') return t(value === 'true' ? 'yes' : 'no')
    if (field === 'validation_status' || field === 'translation_validation_status')
      return names.validation(value)
    return field === 'offer_validation_status' ? names.offerValidation(value) : value
  }
  if (entries.length === 0) return null
  return (
    <ul className="difference-fields">
      {entries.map(([field, [old, now]]) => (
        <li key={field}>
          {t('change', { field: names.field(field), old: said(field, old), new: said(field, now) })}
        </li>
      ))}
    </ul>
  )
}
