import { Alert, App, Button, Modal, Space } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { ErrorState, formatDate, LoadingState, useSession } from '../../../shared/index.ts'
import { ProofDialog } from './ProofDialog.tsx'
import { RecoveryCodes } from './RecoveryCodes.tsx'
import { SetUpDialog } from './SetUpDialog.tsx'
import { useNewRecoveryCodes, useSecondFactor, useTurnOff } from './queries.ts'

const FEW = 3

/** Whether a code is asked for at login, and how to change that. */
export function SecondFactor() {
  const { t } = useTranslation('identity')
  const found = useSecondFactor()
  const [dialog, setDialog] = useState<'setUp' | 'codes' | 'off' | null>(null)
  const close = (): void => setDialog(null)
  if (found.error) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  if (found.data === undefined) return <LoadingState />
  const { enabled, since, recovery_codes_left: left } = found.data
  return (
    <>
      {enabled ? (
        <>
          <p>
            {t('factor.onSince', { date: since === null ? '' : formatDate(since) })}{' '}
            {t('recovery.left', { count: left })}
          </p>
          {left <= FEW ? <Alert type="warning" showIcon title={t('recovery.few')} /> : null}
          <Space wrap>
            <Button onClick={() => setDialog('codes')}>{t('recovery.renew')}</Button>
            <Button danger onClick={() => setDialog('off')}>
              {t('factor.off')}
            </Button>
          </Space>
        </>
      ) : (
        <>
          <p>{t('factor.what')}</p>
          <Button type="primary" onClick={() => setDialog('setUp')}>
            {t('factor.setUp')}
          </Button>
        </>
      )}
      {dialog === 'setUp' ? <SetUpDialog onClose={close} /> : null}
      {dialog === 'codes' ? <CodesDialog onClose={close} /> : null}
      {dialog === 'off' ? <OffDialog onClose={close} /> : null}
    </>
  )
}

function CodesDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('identity')
  const renew = useNewRecoveryCodes()
  if (renew.data !== undefined) {
    return (
      <Modal
        open
        title={t('recovery.title')}
        mask={{ closable: false }}
        onCancel={onClose}
        footer={
          <Button type="primary" onClick={onClose}>
            {t('recovery.kept')}
          </Button>
        }
      >
        <RecoveryCodes codes={renew.data.recovery_codes} />
      </Modal>
    )
  }
  return (
    <ProofDialog
      title={t('recovery.renew')}
      detail={t('recovery.renewDetail')}
      action={t('recovery.renew')}
      error={renew.error}
      isPending={renew.isPending}
      onProof={(proof) => renew.mutate(proof)}
      onClose={onClose}
    />
  )
}

function OffDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('identity')
  const { message } = App.useApp()
  const { refresh } = useSession()
  const off = useTurnOff()
  const done = (): void => {
    void message.success(t('factor.isOff'))
    refresh()
    onClose()
  }
  return (
    <ProofDialog
      title={t('factor.offTitle')}
      detail={t('factor.offDetail')}
      action={t('factor.off')}
      error={off.error}
      isPending={off.isPending}
      onProof={(proof) => off.mutate(proof, { onSuccess: done })}
      onClose={onClose}
    />
  )
}
