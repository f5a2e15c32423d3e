import { useTranslation } from 'react-i18next'

import { Badge, type Tone } from '../../../shared/Badge.tsx'
import type { RunStatus } from './queries.ts'

const TONES: Record<RunStatus, Tone> = {
  queued: 'busy',
  running: 'busy',
  interrupted: 'warning',
  completed: 'good',
  partial: 'warning',
  failed: 'bad',
  cancelled: 'plain',
}

export function RunStatusBadge({ status }: { status: RunStatus }) {
  const { t } = useTranslation('history')
  return <Badge tone={TONES[status]}>{t(`status.${status}`)}</Badge>
}
