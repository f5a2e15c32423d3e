import { App, InputNumber, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { ErrorState } from '../../../shared/states.tsx'
import { formatDuration, formatNumber } from '../../../shared/format.ts'
import { useCleanUp } from '../queries.ts'
import { beganAt, olderThan, type Run } from '../runs.ts'
import { useNow } from '../../../shared/useNow.ts'

const MINUTES = { least: 5, most: 60, usual: 15 }

/** Ends runs that have been at it for too long, after saying which. */
export default function CleanupDialog({
  running,
  onClose,
}: {
  running: readonly Run[]
  onClose: () => void
}) {
  const { t } = useTranslation('sync')
  const { notification } = App.useApp()
  const [minutes, setMinutes] = useState(MINUTES.usual)
  const cleanUp = useCleanUp()
  const now = useNow(5)
  const old = olderThan(running, minutes, now)
  const age = (run: Run) => formatDuration((now.getTime() - beganAt(run)) / 1000)
  const confirm = () =>
    cleanUp.mutate(minutes, {
      onSuccess: ({ data }) => {
        notification.success({ title: t('cleanup.done', { count: data.cleaned_count }) })
        onClose()
      },
    })
  return (
    <Modal
      open
      title={t('cleanup.title')}
      okText={t('cleanup.confirm', { count: old.length })}
      okButtonProps={{ danger: true, disabled: old.length === 0 }}
      cancelText={t('common:cancel')}
      confirmLoading={cleanUp.isPending}
      onOk={confirm}
      onCancel={onClose}
    >
      <p>{t('cleanup.explain')}</p>
      <label className="cleanup-minutes">
        {t('cleanup.minutes')}
        <InputNumber
          min={MINUTES.least}
          max={MINUTES.most}
          value={minutes}
          onChange={(value) => setMinutes(value ?? MINUTES.usual)}
        />
      </label>
      <div role="status">
        <p>
          <strong>
            {old.length === 0
              ? t('cleanup.none', { count: minutes, formatted: formatNumber(minutes) })
              : t('cleanup.some', { count: old.length })}
          </strong>
        </p>
        <ul>
          {running.map((run) => (
            <li key={run.id} className={old.includes(run) ? undefined : 'muted'}>
              {t(old.includes(run) ? 'cleanup.old' : 'cleanup.young', {
                account: run.account,
                age: age(run),
              })}
            </li>
          ))}
        </ul>
      </div>
      {cleanUp.error ? <ErrorState error={cleanUp.error} /> : null}
    </Modal>
  )
}
