import { Button, Form, Input, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useSession } from '../../../shared/index.ts'
import { CodeField } from '../CodeField.tsx'
import { FormError } from '../../../shared/FormError.tsx'
import { RecoveryCodes } from './RecoveryCodes.tsx'
import { useBegin, useConfirm, type NewSecondFactor } from './queries.ts'

/** Sets up a second factor: the password, the picture and a code of the app, the recovery codes. */
export function SetUpDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('identity')
  const { refresh } = useSession()
  const [begun, setBegun] = useState<NewSecondFactor | null>(null)
  const [codes, setCodes] = useState<string[] | null>(null)
  const close = (): void => {
    if (codes !== null) refresh()
    onClose()
  }
  return (
    <Modal
      open
      title={codes === null ? t('factor.setUpTitle') : t('recovery.title')}
      mask={{ closable: false }}
      onCancel={close}
      footer={
        codes === null ? null : (
          <Button type="primary" onClick={close}>
            {t('recovery.kept')}
          </Button>
        )
      }
    >
      {codes !== null ? (
        <RecoveryCodes codes={codes} />
      ) : begun !== null ? (
        <ConfirmStep begun={begun} onDone={setCodes} />
      ) : (
        <PasswordStep onDone={setBegun} />
      )}
    </Modal>
  )
}

function PasswordStep({ onDone }: { onDone: (begun: NewSecondFactor) => void }) {
  const { t } = useTranslation('identity')
  const begin = useBegin()
  return (
    <Form<{ password: string }>
      layout="vertical"
      requiredMark={false}
      onFinish={({ password }) => begin.mutate(password, { onSuccess: onDone })}
    >
      <p>{t('factor.what')}</p>
      <FormError error={begin.error} />
      <Form.Item name="password" label={t('own.old')} rules={[{ required: true, message: t('required') }]}>
        <Input.Password autoComplete="current-password" autoFocus />
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={begin.isPending}>
        {t('factor.next')}
      </Button>
    </Form>
  )
}

function ConfirmStep({ begun, onDone }: { begun: NewSecondFactor; onDone: (codes: string[]) => void }) {
  const { t } = useTranslation('identity')
  const confirm = useConfirm()
  return (
    <Form<{ code: string }>
      layout="vertical"
      requiredMark={false}
      onFinish={({ code }) => confirm.mutate(code, { onSuccess: (answer) => onDone(answer.recovery_codes) })}
    >
      <p>{t('factor.scan')}</p>
      <img className="factor-picture" src={begun.picture} alt={t('factor.picture')} />
      <p className="muted">
        {t('factor.byHand')} <code className="factor-secret">{begun.secret}</code>
      </p>
      <FormError error={confirm.error} />
      <CodeField hint={t('factor.codeHint')} />
      <Button type="primary" htmlType="submit" loading={confirm.isPending}>
        {t('factor.turnOn')}
      </Button>
    </Form>
  )
}
