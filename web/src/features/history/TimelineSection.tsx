import { Checkbox, Table } from 'antd'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { Badge, type Tone } from '../../shared/Badge.tsx'
import { formatDate, formatNumber } from '../../shared/index.ts'
import type { PageView } from './queries.ts'
import { timelineOf, type Bar, type Mark, type Timeline } from './timeline.ts'
import { TimelinePicture } from './TimelinePicture.tsx'

const TONES: Record<Mark, Tone> = { good: 'good', retried: 'warning', slow: 'plain', failed: 'bad' }

/** When each page was read and how it went. */
export function TimelineSection({ pages }: { pages: PageView[] }) {
  const { t } = useTranslation('history')
  const timeline = useMemo(() => timelineOf(pages), [pages])
  const [onlyOdd, setOnlyOdd] = useState(true)
  const summary = t('timeline.summary', {
    pages: formatNumber(timeline.bars.length),
    retried: formatNumber(timeline.counts.retried),
    slow: formatNumber(timeline.counts.slow),
    failed: formatNumber(timeline.counts.failed),
  })
  return (
    <section>
      <h3>{t('timeline.title')}</h3>
      {timeline.bars.length === 0 ? (
        <p className="muted">{t('timeline.none')}</p>
      ) : (
        <>
          <p>{summary}</p>
          <TimelinePicture timeline={timeline} label={summary} />
          <Checkbox checked={onlyOdd} onChange={(event) => setOnlyOdd(event.target.checked)}>
            {t('timeline.onlyOdd')}
          </Checkbox>
          <PageTable timeline={timeline} onlyOdd={onlyOdd} />
        </>
      )}
      {timeline.inherited > 0 ? (
        <p className="muted">{t('timeline.inherited', { count: timeline.inherited })}</p>
      ) : null}
    </section>
  )
}

function PageTable({ timeline, onlyOdd }: { timeline: Timeline<PageView>; onlyOdd: boolean }) {
  const { t } = useTranslation('history')
  const shown = onlyOdd ? timeline.bars.filter((bar) => bar.mark !== 'good') : [...timeline.bars]
  if (shown.length === 0) return <p className="muted">{t('timeline.noOdd')}</p>
  return (
    <Table<Bar<PageView>>
      rowKey={({ page }) => `${page.pass_number} ${page.scope} ${page.page} ${page.size} ${page.started_at}`}
      size="small"
      dataSource={shown}
      scroll={{ x: 720 }}
      pagination={{ pageSize: 25, hideOnSinglePage: true, showSizeChanger: false }}
      columns={[
        { key: 'page', title: t('timeline.columns.page'), render: (_, { page }) => <PageName page={page} /> },
        {
          key: 'mark',
          title: t('timeline.columns.mark'),
          render: (_, { mark }) => <Badge tone={TONES[mark]}>{t(`timeline.${mark}`)}</Badge>,
        },
        {
          key: 'items',
          align: 'end',
          title: t('timeline.columns.items'),
          render: (_, { page }) => formatNumber(page.items),
        },
        {
          key: 'rejected',
          align: 'end',
          title: t('timeline.columns.rejected'),
          render: (_, { page }) => formatNumber(page.rejected),
        },
        {
          key: 'attempts',
          align: 'end',
          title: t('timeline.columns.attempts'),
          render: (_, { page }) => formatNumber(page.attempts),
        },
        {
          key: 'seconds',
          align: 'end',
          title: t('timeline.columns.seconds'),
          render: (_, { seconds }) => formatNumber(seconds),
        },
        {
          key: 'at',
          title: t('timeline.columns.at'),
          render: (_, { page }) => formatDate(page.started_at, 'time'),
        },
        { key: 'error', title: t('timeline.columns.error'), render: (_, { page }) => page.error },
      ]}
    />
  )
}

function PageName({ page }: { page: PageView }) {
  const { t } = useTranslation('history')
  return (
    <>
      {formatNumber(page.page)}{' '}
      {page.pass_number > 1 ? (
        <span className="muted">({t('timeline.pass', { number: page.pass_number })})</span>
      ) : null}
    </>
  )
}
