import { useTranslation } from 'react-i18next'

import { Badge } from '../../../shared/Badge.tsx'
import { formatDate } from '../../../shared/index.ts'
import type { Reading } from '../queries.ts'
import { kindsOf, readingState, TONES } from './outcome.ts'
import { useReadingText } from './useReadingText.ts'

/** What became of a reading, in a line or two. */
export function ReadingResult({ reading, withDate = false }: { reading: Reading; withDate?: boolean }) {
  const { t } = useTranslation('sources')
  const textOf = useReadingText()
  const state = readingState(reading)
  return (
    <>
      <Badge tone={TONES[state]}>{t(`statuses.${state}`)}</Badge>{' '}
      {withDate ? <span className="muted">{formatDate(reading.started_at)}</span> : null}
      <span className="source-line">
        {reading.code === null ? <Counts reading={reading} /> : textOf(reading).detail}
      </span>
    </>
  )
}

function Counts({ reading }: { reading: Reading }) {
  const { t } = useTranslation('sources')
  const kinds = kindsOf(reading)
  if (reading.status === 'running' || reading.status === 'same_file') return null
  if (kinds.length === 0) return reading.status === 'applied' ? t('nothingNew') : null
  return kinds.map(({ kind, count }) => t(`kindCounts.${kind}`, { count })).join(', ')
}
