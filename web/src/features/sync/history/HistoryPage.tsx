import { lazy, Suspense } from 'react'
import { useParams } from 'react-router'

import { LoadingState } from '../../../shared/index.ts'
import './history.css'
import { RunList } from './RunList.tsx'

const SyncDetail = lazy(() => import('./SyncDetail.tsx'))

/** What ran before: the list, or one sync. */
export default function HistoryPage() {
  const { syncId } = useParams()
  if (syncId === undefined) return <RunList />
  return (
    <Suspense fallback={<LoadingState rows={14} />}>
      <SyncDetail key={syncId} id={syncId} />
    </Suspense>
  )
}
