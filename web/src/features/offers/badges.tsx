import { CheckCircleOutlined, CloseCircleOutlined } from '@ant-design/icons'
import { useTranslation } from 'react-i18next'

import { Badge } from '../../shared/Badge.tsx'
import { SELLABLE_VALIDATIONS } from '../../shared/fields.ts'
import { useFieldNames } from '../../shared/index.ts'
import type { Product } from './queries.ts'
import { useWords } from './useWords.ts'

const STATUS_TONES = { active: 'good', inactive: 'plain', end_of_life: 'plain' } as const

export function StatusBadge({ offer }: { offer: Pick<Product, 'status' | 'removed_at'> }) {
  const { status } = useFieldNames()
  if (offer.removed_at !== null) return <Badge tone="bad">{status('removed')}</Badge>
  const tone = offer.status === null ? 'warning' : STATUS_TONES[offer.status]
  return <Badge tone={tone}>{status(offer.status)}</Badge>
}

export function SellableBadge({ sellable }: { sellable: boolean }) {
  const { t } = useTranslation('offers')
  return sellable ? (
    <Badge tone="good" icon={<CheckCircleOutlined aria-hidden />}>
      {t('sellable.yes')}
    </Badge>
  ) : (
    <Badge tone="bad" icon={<CloseCircleOutlined aria-hidden />}>
      {t('sellable.no')}
    </Badge>
  )
}

export function ValidationBadge({ code }: { code: number | null }) {
  const { validation } = useWords()
  const tone = code === null ? 'plain' : SELLABLE_VALIDATIONS.has(code) ? 'good' : 'warning'
  return <Badge tone={tone}>{validation(code)}</Badge>
}
