import { Alert, App, Button, InputNumber, Switch, Table } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { api, dataOf, type Schemas } from '../../../api/client.ts'
import { Badge } from '../../../shared/Badge.tsx'
import { formatDate } from '../../../shared/index.ts'
import { useChange, useSchedules, type Schedule } from '../queries.ts'
import { Loaded, useTellError } from '../shared.tsx'

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
    [t(`schedule.kinds.${job.kind}`), job.account_type].filter(Boolean).join(', ')
  return (
    <Table<Schedule>
      rowKey="name"
      size="small"
      pagination={false}
      scroll={{ x: 1100 }}
      dataSource={jobs}
      columns={[
        {
          key: 'job',
          title: t('schedule.job'),
          render: (_, job) => (
            <>
              {t(`schedule.kinds.${job.kind}`)}{' '}
              {job.changed ? <Badge tone="busy">{t('schedule.changed')}</Badge> : null}
            </>
          ),
        },
        { key: 'account', title: t('schedule.account'), dataIndex: 'account_type' },
        {
          key: 'enabled',
          title: t('schedule.enabled'),
          render: (_, job) => (
            <Switch
              checked={job.enabled}
              aria-label={t('schedule.toggle', { job: title(job) })}
              onChange={(enabled) => save(job.name, { enabled })}
            />
          ),
        },
        {
          key: 'interval',
          title: t('schedule.interval'),
          render: (_, job) => (
            <Interval
              key={job.interval_seconds}
              seconds={job.interval_seconds}
              label={t('schedule.intervalOf', { job: title(job) })}
              onSave={(interval_seconds) => save(job.name, { interval_seconds })}
            />
          ),
        },
        { key: 'next', title: t('schedule.next'), render: (_, job) => formatDate(job.next_run_at) },
        { key: 'last', title: t('schedule.last'), render: (_, job) => formatDate(job.last_run_at) },
        { key: 'result', title: t('schedule.result'), render: (_, job) => <Result job={job} /> },
        {
          key: 'reset',
          title: <span className="visually-hidden">{t('schedule.toSettings')}</span>,
          render: (_, job) =>
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

const LONGEST_MINUTES = 31 * 24 * 60

function Interval({
  seconds,
  label,
  onSave,
}: {
  seconds: number
  label: string
  onSave: (seconds: number) => void
}) {
  const { t } = useTranslation('settings')
  const minutes = Math.round(seconds / 60)
  const [typed, setTyped] = useState<number | null>(minutes)
  const save = (): void => {
    if (typed !== null && typed !== minutes) onSave(typed * 60)
  }
  return (
    <span className="interval">
      <InputNumber
        aria-label={label}
        min={1}
        max={LONGEST_MINUTES}
        precision={0}
        value={typed}
        onChange={setTyped}
        onBlur={save}
        onPressEnter={save}
      />{' '}
      {t('schedule.minutes')}
    </span>
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
