import { Alert, App, Button, Switch } from 'antd'
import { useTranslation } from 'react-i18next'

import { DataTable } from '../../../shared/DataTable.tsx'
import { api, dataOf, type Schemas } from '../../../api/client.ts'
import { Badge } from '../../../shared/Badge.tsx'
import { formatDate } from '../../../shared/index.ts'
import { useChange, useSchedules, type Schedule } from '../queries.ts'
import { Loaded, useTellError } from '../shared.tsx'
import { Interval } from './Interval.tsx'

type Change = Schemas['ScheduleChange']

/** What is done by itself, how often, and what became of it the last time. */
export default function ScheduleSection() {
  const { t } = useTranslation('settings')
  return (
    <>
      <p className="muted">{t('schedule.intro')}</p>
      <Loaded found={useSchedules()}>
        {({ enabled, schedules }) => (
          <>
            {enabled ? null : (
              <Alert type="warning" showIcon title={t('schedule.off')} className="form-error" />
            )}
            <Jobs jobs={schedules} />
          </>
        )}
      </Loaded>
    </>
  )
}

function Jobs({ jobs }: { jobs: Schedule[] }) {
  const { t } = useTranslation('settings')
  const { message } = App.useApp()
  const tellError = useTellError()
  const change = useChange('schedules', ({ name, body }: { name: string; body: Change }) =>
    dataOf(api.PATCH('/api/v1/schedules/{name}', { params: { path: { name } }, body })),
  )
  const save = (name: string, body: Change): void => {
    change.mutate(
      { name, body },
      { onSuccess: () => void message.success(t('schedule.saved')), onError: tellError },
    )
  }
  const title = (job: Schedule): string =>
    [t(`schedule.kinds.${job.kind}`), job.account].filter(Boolean).join(', ')
  return (
    <DataTable<Schedule>
      label={t('sections.schedule')}
      rowKey={(job) => job.name}
      rows={jobs}
      columns={[
        {
          key: 'job',
          width: 190,
          title: t('schedule.job'),
          render: (job) => (
            <>
              {t(`schedule.kinds.${job.kind}`)}{' '}
              {job.changed ? <Badge tone="busy">{t('schedule.changed')}</Badge> : null}
            </>
          ),
        },
        { key: 'account', width: 70, title: t('schedule.account'), render: (one) => one.account },
        {
          key: 'enabled',
          width: 80,
          title: t('schedule.enabled'),
          render: (job) => (
            <Switch
              checked={job.enabled}
              aria-label={t('schedule.toggle', { job: title(job) })}
              onChange={(enabled) => save(job.name, { enabled })}
            />
          ),
        },
        {
          key: 'interval',
          width: 215,
          title: t('schedule.interval'),
          render: (job) => (
            <Interval
              job={job}
              label={t('schedule.intervalOf', { job: title(job) })}
              onSave={(interval_seconds) => save(job.name, { interval_seconds })}
            />
          ),
        },
        { key: 'next', width: 150, title: t('schedule.next'), render: (job) => formatDate(job.next_run_at) },
        { key: 'last', width: 150, title: t('schedule.last'), render: (job) => formatDate(job.last_run_at) },
        { key: 'result', width: 240, title: t('schedule.result'), render: (job) => <Result job={job} /> },
        {
          key: 'reset',
          width: 150,
          title: <span className="visually-hidden">{t('schedule.toSettings')}</span>,
          render: (job) =>
            job.changed ? (
              <Button type="link" onClick={() => save(job.name, { enabled: null, interval_seconds: null })}>
                {t('schedule.toSettings')}
              </Button>
            ) : null,
        },
      ]}
    />
  )
}

const TONES = { ok: 'good', busy: 'warning', failed: 'bad' } as const

function Result({ job }: { job: Schedule }) {
  const { t } = useTranslation('settings')
  const result = job.last_result
  if (result !== 'ok' && result !== 'busy' && result !== 'failed') return null
  return (
    <span title={job.last_message ?? undefined}>
      <Badge tone={TONES[result]}>{t(`schedule.results.${result}`)}</Badge>
      {result === 'failed' && job.last_message ? <span className="problem">{job.last_message}</span> : null}
    </span>
  )
}
