import { Tabs } from 'antd'
import { lazy, Suspense, type ComponentType } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate, useParams } from 'react-router'

import { LoadingState, NoPermission, PageHeader, useRole } from '../../shared/index.ts'
import { roleFor, SETTINGS_SECTIONS, type SettingsSection } from './sections.ts'
import './settings.css'

const SECTIONS = {
  accounts: lazy(() => import('./accounts/AccountsSection.tsx')),
  users: lazy(() => import('./users/UsersSection.tsx')),
  tokens: lazy(() => import('./users/TokensSection.tsx')),
  sources: lazy(() => import('../sources/SourcesSection.tsx')),
  schedule: lazy(() => import('./schedule/ScheduleSection.tsx')),
  notifications: lazy(() => import('./notifications/NotificationsSection.tsx')),
  webhooks: lazy(() => import('./webhooks/WebhooksSection.tsx')),
  audit: lazy(() => import('./audit/AuditSection.tsx')),
  about: lazy(() => import('./about/AboutSection.tsx')),
} satisfies Record<SettingsSection, ComponentType>

function isSection(name: string | undefined): name is SettingsSection {
  return name !== undefined && Object.hasOwn(SECTIONS, name)
}

/** What is set, for each role what it may see of it. The section is part of the address. */
export default function SettingsPage() {
  const { t } = useTranslation('settings')
  const { section } = useParams()
  const navigate = useNavigate()
  const { can } = useRole()
  const seen = SETTINGS_SECTIONS.filter((key) => can(roleFor(key)))
  const open = isSection(section) ? section : seen[0]
  return (
    <>
      <PageHeader title={t('title')} />
      {open !== undefined && seen.includes(open) ? (
        <Tabs
          activeKey={open}
          destroyOnHidden
          onChange={(key) => void navigate(`/settings/${key}`)}
          items={seen.map((key) => {
            const Content = SECTIONS[key]
            return {
              key,
              label: t(`sections.${key}`),
              children: (
                <Suspense fallback={<LoadingState />}>
                  <Content />
                </Suspense>
              ),
            }
          })}
        />
      ) : (
        <NoPermission needed="admin" />
      )}
    </>
  )
}
