import { Alert } from 'antd'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, Outlet, useNavigation } from 'react-router'

import { LoadingState, useSession } from '../shared/index.ts'
import { Navigation } from './Navigation.tsx'
import { Shortcuts } from './Shortcuts.tsx'

const Attention = lazy(() => import('../features/edits/outbox/Attention.tsx'))
const LiveRuns = lazy(() => import('../features/sync/live/LiveRuns.tsx'))

/** What is around every page: the way to the others, who is logged in, and where the content begins. */
export function Shell() {
  const { t } = useTranslation()
  const isLoading = useNavigation().state === 'loading'
  return (
    <div className="shell">
      <a className="skip-link" href="#content">
        {t('skipToContent')}
      </a>
      <Suspense>
        <LiveRuns />
      </Suspense>
      <Navigation />
      <Shortcuts />
      <div className={isLoading ? 'loading-line is-loading' : 'loading-line'} aria-hidden="true" />
      <main id="content" tabIndex={-1}>
        <div id="notices" />
        <HeldBack />
        <Suspense>
          <Attention />
        </Suspense>
        <Suspense fallback={<LoadingState rows={8} />}>
          <Outlet />
        </Suspense>
      </main>
    </div>
  )
}

/** Tells an administrator who can only look what to do about it. */
function HeldBack() {
  const { t } = useTranslation()
  const { me } = useSession()
  if (!me.held_back) return null
  return (
    <Alert
      className="form-alert"
      type="warning"
      showIcon
      title={t('heldBack.title')}
      description={
        <>
          {t('heldBack.detail')} <Link to="/account">{t('heldBack.open')}</Link>
        </>
      }
    />
  )
}
