import { Alert, Button } from 'antd'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'

import { ROOT } from '../../api/root.ts'
import { chooseLanguage } from '../../shared/translations.ts'
import type { Me } from '../../shared/session.tsx'
import { LoginForm } from './LoginForm.tsx'

/** The first thing to see. `isFirst`: nobody can log in yet. */
export function LoginPage({ onLogin, isFirst }: { onLogin: (me: Me) => void; isFirst: boolean }) {
  const { t, i18n } = useTranslation('identity')
  const title = t('title')
  useEffect(() => {
    document.title = `${title} · emagsync`
  }, [title])
  const other = i18n.language === 'ro' ? 'en' : 'ro'
  return (
    <main className="login">
      <div className="login-card">
        <p className="brand">
          <img src={`${ROOT}/icon.svg`} alt="" width={32} height={32} /> emagsync
        </p>
        <h1>{title}</h1>
        <p className="muted">{t('welcome')}</p>
        {isFirst ? <Alert className="form-alert" type="info" showIcon title={t('first.nobody')} /> : null}
        <LoginForm onLogin={onLogin} />
        <div className="login-foot">
          <Button type="link" lang={other} onClick={() => void chooseLanguage(other)}>
            {other === 'ro' ? 'Română' : 'English'}
          </Button>
        </div>
      </div>
    </main>
  )
}
