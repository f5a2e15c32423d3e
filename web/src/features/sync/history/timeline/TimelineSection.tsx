import { Checkbox, Pagination } from 'antd'
import type { TFunction } from 'i18next'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { Badge, type Tone } from '../../../../shared/Badge.tsx'
import { DataTable, type Column } from '../../../../shared/DataTable.tsx'
import { formatDate, formatNumber } from '../../../../shared/index.ts'
import type { PageView } from '../queries.ts'
import { timelineOf, type Bar, type FailedRequest, type Mark, type Timeline } from './timeline.ts'
import { TimelinePicture } from './TimelinePicture.tsx'

const TONES: Record<Mark, Tone> = { good: 'good', retried: 'warning', slow: 'plain', failed: 'bad' }

/** When each page was read and how it went. */
export function TimelineSection({ pages, failed }: { pages: PageView[]; failed: FailedRequest[] }) {
  const { t } = useTranslation('history')
  const timeline = useMemo(() => timelineOf(pages, failed), [pages, failed])
  const [onlyOdd, setOnlyOdd] = useState(true)
  const summary = t('timeline.summary', {
    pages: formatNumber(timeline.bars.length),
    retried: formatNumber(timeline.counts.retried),
    slow: formatNumber(timeline.counts.slow),
    failed: formatNumber(timeline.counts.failed),
    tries: formatNumber(timeline.tries.length),
  })
  return (
    <section>
      <h3>{t('timeline.title')}</h3>
      {timeline.lanes === 0 ? (
        <p className="muted">{t('timeline.none')}</p>
      ) : (
        <>
          <p>{summary}</p>
          <TimelinePicture timeline={timeline} label={summary} />
          {timeline.bars.length === 0 ? null : (
            <Checkbox checked={onlyOdd} onChange={(event) => setOnlyOdd(event.target.checked)}>
              {t('timeline.onlyOdd')}
            </Checkbox>
          )}
          <PageTable timeline={timeline} onlyOdd={onlyOdd} />
        </>
      )}
      {timeline.inherited > 0 ? (
        <p className="muted">
          {t('timeline.inherited', {
            count: timeline.inherited,
            formatted: formatNumber(timeline.inherited),
          })}
        </p>
      ) : null}
    </section>
  )
}

const PAGES_AT_ONCE = 25

function PageTable({ timeline, onlyOdd }: { timeline: Timeline<PageView>; onlyOdd: boolean }) {
  const { t } = useTranslation('history')
  const [at, setAt] = useState(1)
  const shown = onlyOdd ? timeline.bars.filter((bar) => bar.mark !== 'good') : [...timeline.bars]
  if (timeline.bars.length === 0) return <p className="muted">{t('timeline.noPages')}</p>
  if (shown.length === 0) {
    const none = timeline.tries.length === 0 ? 'timeline.noOdd' : 'timeline.noOddPages'
    return <p className="muted">{t(none)}</p>
  }
  const last = Math.ceil(shown.length / PAGES_AT_ONCE)
  const first = (Math.min(at, last) - 1) * PAGES_AT_ONCE
  return (
    <>
      <DataTable<Bar<PageView>>
        label={t('timeline.title')}
        rows={shown.slice(first, first + PAGES_AT_ONCE)}
        rowKey={({ page }) =>
          `${page.pass_number} ${page.scope} ${page.page} ${page.size} ${page.started_at}`
        }
        columns={columnsOf(t)}
      />
      {last > 1 ? (
        <Pagination
          align="end"
          current={Math.min(at, last)}
          pageSize={PAGES_AT_ONCE}
          showSizeChanger={false}
          total={shown.length}
          onChange={setAt}
        />
      ) : null}
    </>
  )
}

function columnsOf(t: TFunction<'history'>): Column<Bar<PageView>>[] {
  const column = (
    key: string,
    width: number,
    render: Column<Bar<PageView>>['render'],
    more: Pick<Column<Bar<PageView>>, 'align' | 'narrow'> = {},
  ): Column<Bar<PageView>> => ({ key, title: t(`timeline.columns.${key}`), width, render, ...more })
  return [
    column('page', 130, ({ page }) => <PageName page={page} />),
    column('mark', 120, ({ mark }) => <Badge tone={TONES[mark]}>{t(`timeline.${mark}`)}</Badge>),
    column('items', 80, ({ page }) => formatNumber(page.items), { align: 'end' }),
    column('rejected', 100, ({ page }) => formatNumber(page.rejected), { align: 'end', narrow: 'hidden' }),
    column('attempts', 100, ({ page }) => formatNumber(page.attempts), { align: 'end' }),
    column('seconds', 100, ({ seconds }) => formatNumber(seconds), { align: 'end' }),
    column('at', 90, ({ page }) => formatDate(page.started_at, 'time'), { narrow: 'hidden' }),
    column('error', 300, ({ page }) =>
      page.error ? <span className="page-error">{page.error}</span> : null,
    ),
  ]
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
