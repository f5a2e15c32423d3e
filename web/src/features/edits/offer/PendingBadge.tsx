import { ClockCircleOutlined, WarningOutlined } from '@ant-design/icons'
import { useTranslation } from 'react-i18next'

import type { Schemas } from '../../../api/client.ts'
import { Badge } from '../../../shared/Badge.tsx'

/** That an offer has edits that did not reach eMAG yet, or that somebody must decide. */
export function PendingBadge({ offer }: { offer: Pick<Schemas['Product'], 'pending_edits'> }) {
  const { t } = useTranslation('edits')
  const edits = offer.pending_edits
  if (edits.length === 0) return null
  if (edits.some((edit) => edit.state === 'conflict')) {
    return (
      <Badge tone="warning" icon={<WarningOutlined aria-hidden />}>
        {t('badge.conflict')}
      </Badge>
    )
  }
  return (
    <Badge tone="busy" icon={<ClockCircleOutlined aria-hidden />}>
      {t('badge.pending', { count: edits.length })}
    </Badge>
  )
}
