import { useTranslation } from 'react-i18next'

import type { EditableField } from '../../../shared/fields.ts'
import { formatMoney } from '../../../shared/index.ts'
import { understood } from './form.ts'

interface Props {
  field: EditableField
  typed: string
  currency: string
}

/** What was understood of a number that is written otherwise than it is shown, such as `1.050` or `699,9 lei`. */
export function Understood({ field, typed, currency }: Props) {
  const { t } = useTranslation('edits')
  const read = understood(field, typed)
  if (read === null) return null
  return (
    <p className="muted" aria-live="polite">
      {t(read.isRounded ? 'understood.rounded' : 'understood.as', {
        value: formatMoney(read.amount, currency),
      })}
    </p>
  )
}
