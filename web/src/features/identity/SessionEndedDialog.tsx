import { Button, Modal } from 'antd'
import { useTranslation } from 'react-i18next'

import type { Me } from '../../shared/session.tsx'
import { LoginForm } from './LoginForm.tsx'

interface Props {
  username: string
  onLogin: (me: Me) => void
  /** Give the page up and go to the login. */
  onLeave: () => void
}

/** Asks for the password over the page, which stays as it is. */
export function SessionEndedDialog({ username, onLogin, onLeave }: Props) {
  const { t } = useTranslation('identity')
  return (
    <Modal
      open
      title={t('ended.title')}
      closable={false}
      mask={{ closable: false }}
      keyboard={false}
      footer={null}
    >
      <p>{t('ended.detail')}</p>
      <LoginForm username={username} onLogin={onLogin} />
      <Button type="link" block onClick={onLeave}>
        {t('ended.other')}
      </Button>
    </Modal>
  )
}
