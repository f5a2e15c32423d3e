import { Tabs } from 'antd'
import { lazy, Suspense, type ComponentType } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate, useParams } from 'react-router'

import { LoadingState, NoPermission, PageHeader, useRole } from '../../shared/index.ts'
import { EDITS_SECTIONS, type EditsSection } from './sections.ts'
import './edits.css'

const SECTIONS = {
  outbox: lazy(() => import('./outbox/OutboxSection.tsx')),
  waiting: lazy(() => import('./outbox/WaitingSection.tsx')),
  conflicts: lazy(() => import('./conflicts/ConflictsSection.tsx')),
  bulk: lazy(() => import('./bulk/BulkSection.tsx')),
  undo: lazy(() => import('./undo/UndoSection.tsx')),
} satisfies Record<EditsSection, ComponentType>

/** What only operators may look at, since it is nothing but a way to act. */
const ACTS: readonly EditsSection[] = ['bulk', 'undo']

function isSection(name: string | undefined): name is EditsSection {
  return name !== undefined && Object.hasOwn(SECTIONS, name)
}

/** What was edited here and is on its way to eMAG. The section is part of the address. */
export default function EditsPage() {
  const { t } = useTranslation('edits')
  const { section } = useParams()
  const navigate = useNavigate()
  const { can } = useRole()
  return (
    <>
      <PageHeader title={t('title')} subtitle={t('subtitle')} />
      <Tabs
        activeKey={isSection(section) ? section : 'outbox'}
        destroyOnHidden
        onChange={(key) => void navigate(`/edits/${key}`)}
        items={EDITS_SECTIONS.map((key) => [key, SECTIONS[key]] as const).map(([key, Content]) => ({
          key,
          label: t(`sections.${key}`),
          children:
            ACTS.includes(key) && !can('operator') ? (
              <NoPermission needed="operator" />
            ) : (
              <Suspense fallback={<LoadingState />}>
                <Content />
              </Suspense>
            ),
        }))}
      />
    </>
  )
}
