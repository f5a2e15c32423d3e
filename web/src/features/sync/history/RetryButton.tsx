import { RedoOutlined } from '@ant-design/icons'
import { App, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'

import { errorText, useRole } from '../../../shared/index.ts'
import { useRetry, type RunDetail } from './queries.ts'

/** Whether something of an ended run may be read again. The server knows better, and says so when there is nothing. */
export function mayRetry(
  run: Pick<RunDetail, 'status' | 'failed_items' | 'error_count' | 'dry_run'>,
): boolean {
  if (run.dry_run) return false
  if (run.status === 'failed' || run.status === 'cancelled') return true
  return run.status === 'partial' && (run.failed_items > 0 || run.error_count > 0)
}

/** Reads again only what failed of a sync, and goes to the new run. */
export function RetryButton({ id, runs }: { id: string; runs: RunDetail[] }) {
  const { t } = useTranslation('history')
  const { t: common } = useTranslation()
  const { notification } = App.useApp()
  const navigate = useNavigate()
  const { can } = useRole()
  const retry = useRetry()
  if (!can('operator') || !runs.some(mayRetry)) return null
  const start = (): void => {
    retry.mutate(id, {
      onSuccess: (answer) => {
        notification.success({ title: t('retry.started') })
        void navigate(`/history/${answer.sync_id}`)
      },
      onError: (error) => {
        const { title, detail } = errorText(common, error)
        notification.error({ title, description: detail })
      },
    })
  }
  return (
    <Button
      type="primary"
      icon={<RedoOutlined aria-hidden />}
      title={t('retry.hint')}
      loading={retry.isPending}
      onClick={start}
    >
      {t('retry.button')}
    </Button>
  )
}
