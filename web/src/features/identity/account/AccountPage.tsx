import { Button } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { PageHeader, useSession } from '../../../shared/index.ts'
import './account.css'
import { OwnSessions } from './OwnSessions.tsx'
import { SecondFactor } from './SecondFactor.tsx'

const PasswordDialog = lazy(() => import('../PasswordDialog.tsx'))

/** One's own account: password, second factor, logins. */
export default function AccountPage() {
  const { t } = useTranslation('identity')
  const { me } = useSession()
  const [changing, setChanging] = useState(false)
  return (
    <>
      <PageHeader title={t('account.title')} subtitle={`${me.username} · ${t(`common:role.${me.role}`)}`} />
      <section>
        <h2 className="account-title">{t('account.password')}</h2>
        <p>
          <Button onClick={() => setChanging(true)}>{t('own.change')}</Button>
        </p>
      </section>
      <section>
        <h2 className="account-title">{t('factor.title')}</h2>
        <SecondFactor />
      </section>
      <section>
        <h2 className="account-title">{t('sessions.title')}</h2>
        <p className="muted">{t('sessions.detail')}</p>
        <OwnSessions />
      </section>
      {changing ? (
        <Suspense>
          <PasswordDialog onClose={() => setChanging(false)} />
        </Suspense>
      ) : null}
    </>
  )
}
