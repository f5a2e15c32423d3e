import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

import { HistoryTabs } from '../../../shared/HistoryTabs.tsx'
import { PageHeader, useUrlState } from '../../../shared/index.ts'
import { useSources } from '../queries.ts'
import '../sources.css'
import { ReadingDrawer } from './ReadingDrawer.tsx'
import { ReadingTable } from './ReadingTable.tsx'

const NOTHING_OPEN = { source: null as string | null, reading: null as string | null }

/** Every reading of every source, among what ran before. */
export default function ReadingsHistory() {
  const { t } = useTranslation('sources')
  const [open, setOpen] = useUrlState(NOTHING_OPEN)
  const sources = useSources().data?.sources
  const names = useMemo(() => new Map(sources?.map(({ id, name }) => [id, name])), [sources])
  return (
    <>
      <PageHeader title={t('history.title')} subtitle={t('history.subtitle')} />
      <HistoryTabs />
      <ReadingTable sourceId={null} names={names} />
      {open.source === null ? null : (
        <ReadingDrawer
          sourceId={open.source}
          reading={open.reading}
          onOpen={(reading) => setOpen({ reading })}
          onClose={() => setOpen(NOTHING_OPEN, { push: true })}
        />
      )}
    </>
  )
}
