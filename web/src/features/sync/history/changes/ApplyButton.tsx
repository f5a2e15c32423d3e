import { App, Button, Popconfirm } from 'antd'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'

import { errorText, useRole } from '../../../../shared/index.ts'
import { useApply } from './queries.ts'

/** Does what a dry run previewed, and goes to the run that does it. */
export function ApplyButton({ runId }: { runId: string }) {
  const { t } = useTranslation('changes')
  const { t: common } = useTranslation()
  const { notification } = App.useApp()
  const navigate = useNavigate()
  const { can } = useRole()
  const apply = useApply()
  if (!can('operator')) return null
  const start = (): void => {
    apply.mutate(runId, {
      onSuccess: (answer) => void navigate(`/history/${answer.data.runs[0]?.id ?? answer.sync_id}`),
      onError: (error) => {
        const { title, detail } = errorText(common, error)
        notification.error({ title, description: detail })
      },
    })
  }
  return (
    <p>
      <Popconfirm
        title={t('apply.question')}
        description={t('apply.detail')}
        okText={t('apply.button')}
        cancelText={common('cancel')}
        onConfirm={start}
      >
        <Button type="primary" loading={apply.isPending}>
          {t('apply.button')}
        </Button>
      </Popconfirm>
    </p>
  )
}
