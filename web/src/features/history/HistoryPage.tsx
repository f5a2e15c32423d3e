import { useParams } from 'react-router'

import './history.css'
import { RunList } from './RunList.tsx'
import { SyncDetail } from './SyncDetail.tsx'

/** What ran before: the list, or one sync. */
export default function HistoryPage() {
  const { syncId } = useParams()
  return syncId === undefined ? <RunList /> : <SyncDetail key={syncId} id={syncId} />
}
