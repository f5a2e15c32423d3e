import { Alert } from 'antd'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, NavLink, Outlet, useNavigation } from 'react-router'

import { LoadingState, useRole, useSession } from '../shared/index.ts'
import { UserMenu } from './UserMenu.tsx'

const Attention = lazy(() => import('../features/edits/outbox/Attention.tsx'))
const LiveRuns = lazy(() => import('../features/sync/live/LiveRuns.tsx'))

const PAGES = ['sync', 'offers', 'edits', 'history'] as const

/** What is around every page: the way to the others, who is logged in, and where the content begins. */
export function Shell() {
  const { t } = useTranslation()
  const { can } = useRole()
  const pages = can('admin') ? [...PAGES, 'settings' as const] : PAGES
  const isLoading = useNavigation().state === 'loading'
  return (
    <div className="shell">
      <a className="skip-link" href="#content">
        {t('skipToContent')}
      </a>
      <Suspense>
        <LiveRuns />
      </Suspense>
      <div className="topbar">
        <div className="topbar-inner">
          <span className="brand">emagsync</span>
          <nav aria-label={t('nav.label')}>
            {pages.map((page) => (
              <NavLink key={page} to={`/${page}`}>
                {t(`nav.${page}`)}
              </NavLink>
            ))}
          </nav>
          <UserMenu />
        </div>
        <div className={isLoading ? 'loading-line is-loading' : 'loading-line'} aria-hidden="true" />
      </div>
      <main id="content" tabIndex={-1}>
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
