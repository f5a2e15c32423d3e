import { Segmented } from 'antd'
import { lazy, Suspense, useMemo } from 'react'
import { useTranslation } from 'react-i18next'

import {
  ErrorState,
  formatDate,
  LoadingState,
  NoAccounts,
  PageHeader,
  useUrlState,
} from '../../shared/index.ts'
import { Copies } from './Copies.tsx'
import './home.css'
import { Changed, Attention } from './Numbers.tsx'
import { dayOf, readPeriod, spanOf, writePeriod, type Period } from './periods.ts'
import { useHome, useLastVisit } from './queries.ts'

const DayChoice = lazy(() => import('./DayChoice.tsx'))

const USUAL: { since: string | null } = { since: null }

/** The first page: what changed, and what needs a hand. */
export default function HomePage() {
  const { t } = useTranslation('home')
  const [{ since }, setState] = useUrlState(USUAL)
  const period = useMemo(() => readPeriod(since), [since])
  const visit = useLastVisit()
  // What was yesterday when the page was opened stays so until it is opened anew.
  const opened = useMemo(() => new Date(), [])
  const awaitsVisit = period.kind === 'visit' && visit.isPending
  const span = useMemo(
    () => (awaitsVisit ? null : spanOf(period, opened, visit.data ?? null)),
    [period, opened, visit.data, awaitsVisit],
  )
  const home = useHome(span)
  return (
    <>
      <PageHeader
        title={t('title')}
        subtitle={span === null ? undefined : t('since', { date: formatDate(span.since) })}
        actions={
          <PeriodChoice
            period={period}
            onChange={(next) => setState({ since: writePeriod(next) }, { push: true })}
          />
        }
      />
      {home.data?.copies.length === 0 ? (
        <NoAccounts />
      ) : home.data !== undefined && span !== null ? (
        <>
          <Copies copies={home.data.copies} />
          <div className="home-columns" aria-busy={home.isPlaceholderData}>
            <Attention home={home.data} span={span} />
            <Changed home={home.data} span={span} />
          </div>
        </>
      ) : home.error ? (
        <ErrorState error={home.error} onRetry={() => void home.refetch()} />
      ) : (
        <LoadingState rows={12} />
      )}
    </>
  )
}

function PeriodChoice({ period, onChange }: { period: Period; onChange: (period: Period) => void }) {
  const { t } = useTranslation('home')
  return (
    <>
      <Segmented
        aria-label={t('period.label')}
        value={period.kind}
        options={(['yesterday', 'visit', 'day'] as const).map((kind) => ({
          value: kind,
          label: t(`period.${kind}`),
        }))}
        onChange={(kind) => onChange(kind === 'day' ? { kind, day: dayOf(new Date()) } : { kind })}
      />
      {period.kind === 'day' ? (
        <Suspense>
          <DayChoice day={period.day} onChange={(day) => onChange({ kind: 'day', day })} />
        </Suspense>
      ) : null}
    </>
  )
}
