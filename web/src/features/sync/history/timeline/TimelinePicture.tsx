import { memo } from 'react'
import { useTranslation } from 'react-i18next'

import { formatDuration, formatNumber } from '../../../../shared/index.ts'
import type { LedgerPage, Mark, Timeline } from './timeline.ts'

const WIDTH = 1000
const LANE = 14
const THINNEST = 1.5
const MARKS: readonly Mark[] = ['good', 'retried', 'slow', 'failed']

/** The pages as bars over time, those read at the same time below each other. The table says the same in words. */
export const TimelinePicture = memo(function TimelinePicture({
  timeline,
  label,
}: {
  timeline: Timeline<LedgerPage>
  label: string
}) {
  const { t } = useTranslation('history')
  const height = Math.max(timeline.lanes, 1) * LANE
  const scale = timeline.seconds > 0 ? WIDTH / timeline.seconds : 0
  return (
    <figure className="timeline">
      <svg
        role="img"
        aria-label={label}
        viewBox={`0 0 ${WIDTH} ${height}`}
        preserveAspectRatio="none"
        style={{ height: Math.min(height * 1.5, 180) }}
      >
        {timeline.bars.map(({ page, mark, start, seconds, lane }) => (
          <rect
            key={`${page.pass_number} ${page.scope} ${page.page} ${page.started_at}`}
            className={`bar-${mark}`}
            x={Math.min(start * scale, WIDTH - THINNEST)}
            y={lane * LANE + 1}
            width={Math.max(seconds * scale - 0.5, THINNEST)}
            height={LANE - 2}
          >
            <title>
              {t('timeline.page', {
                page: page.page,
                mark: t(`timeline.${mark}`),
                seconds: formatNumber(seconds),
                attempts: page.attempts,
              })}
            </title>
          </rect>
        ))}
        {timeline.tries.map(({ request, start, lane }) => (
          <rect
            key={`try ${request.number}`}
            className="bar-failed"
            x={Math.min(start * scale, WIDTH - THINNEST)}
            y={lane * LANE + 1}
            width={Math.max(request.seconds * scale - 0.5, THINNEST)}
            height={LANE - 2}
          >
            <title>
              {request.page == null
                ? t('timeline.try', { code: request.code, seconds: formatNumber(request.seconds) })
                : t('timeline.tryOfPage', {
                    page: request.page,
                    size: request.size,
                    code: request.code,
                    seconds: formatNumber(request.seconds),
                  })}
            </title>
          </rect>
        ))}
      </svg>
      <figcaption>
        <span>0 s</span>
        <span className="timeline-legend">
          {MARKS.map((mark) => (
            <span key={mark} className={`legend-${mark}`}>
              {t(`timeline.${mark}`)}: {formatNumber(timeline.counts[mark])}
            </span>
          ))}
          <span className="legend-failed">
            {t('timeline.tries')}: {formatNumber(timeline.tries.length)}
          </span>
        </span>
        <span>{formatDuration(timeline.seconds)}</span>
      </figcaption>
    </figure>
  )
})
