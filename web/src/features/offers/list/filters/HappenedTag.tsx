import { Tag } from 'antd'
import { useTranslation } from 'react-i18next'

import type { Happened } from '../../../../shared/happened.ts'
import { formatDate } from '../../../../shared/index.ts'
import { reasonKey } from '../../reasons.ts'

/** That only offers are shown to which something happened, what, and when; it can be closed. */
export function HappenedTag({ happened, onClose }: { happened: Happened; onClose: () => void }) {
  const { t } = useTranslation()
  const reasons = useTranslation('offers').t
  const { kind, since, until, run, reason } = happened
  const why = reason === null ? null : reasonKey(reason)
  const parts = [
    kind === null ? t('happened.any') : t(`changeKinds.${kind}`),
    reason === null ? null : why === null ? reason : reasons(`reasons.${why.key}.text`, { code: why.code }),
    run === null ? null : t('happened.inRun', { run: run.slice(0, 8) }),
    since === null ? null : t('happened.since', { date: formatDate(since) }),
    until === null ? null : t('happened.until', { date: formatDate(until) }),
  ]
  return (
    <Tag closable onClose={onClose} className="happened-tag">
      {parts.filter(Boolean).join(' · ')}
    </Tag>
  )
}
