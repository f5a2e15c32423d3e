import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'

import { formatNumber } from '../../../shared/index.ts'
import { countsOf } from '../outbox/holds.ts'
import type { BulkData } from './bulk.ts'

interface Props {
  brakes: BulkData['brakes']
  className?: string
}

/** What will happen after applying: that the brake asks once more. */
export function Brakes({ brakes, className = 'edit-note' }: Props) {
  const { t } = useTranslation('edits')
  const stopping = brakes.filter(({ stops }) => stops)
  if (stopping.length === 0) return null
  return (
    <Alert
      className={className}
      type="warning"
      showIcon
      title={t('bulk.brakeTitle')}
      description={stopping.map((brake) => (
        <p key={brake.account}>
          {t('bulk.brake', {
            account: brake.account,
            counts: countsOf(brake)
              .map(({ alarm, offers }) =>
                t(`brake.${alarm}`, { count: offers, formatted: formatNumber(offers) }),
              )
              .join(', '),
            count: brake.most,
            formatted: formatNumber(brake.most),
          })}
        </p>
      ))}
    />
  )
}
