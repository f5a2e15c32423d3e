import { App, Button, Progress } from 'antd'
import { useTranslation } from 'react-i18next'

import { errorText } from '../../../shared/error-text.ts'
import { formatDuration, formatNumber } from '../../../shared/format.ts'
import { useRole } from '../../../shared/session.tsx'
import { useStopRun } from '../queries.ts'
import type { Run } from '../runs.ts'
import { timeLeft } from '../trouble.ts'
import { RunTrouble } from './RunTrouble.tsx'

function Fact({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  )
}

/** A run under way, as it goes. */
export function RunProgress({ run }: { run: Run }) {
  const { t } = useTranslation('sync')
  const { can } = useRole()
  const { notification } = App.useApp()
  const stop = useStopRun()
  const account = run.account
  const phase = run.status === 'running' ? (run.phase ?? 'starting') : run.status
  const pages =
    run.total_pages === null
      ? formatNumber(run.pages_read)
      : t('run.pagesOf', { read: formatNumber(run.pages_read), total: formatNumber(run.total_pages) })
  return (
    <div className="run">
      <div className="run-head">
        <strong>{t(run.dry_run ? 'run.dryRun' : `mode.${run.mode}`)}</strong>
        <span className="muted">{t(`phase.${phase as Exclude<typeof phase, 'completed'>}`)}</span>
        {can('operator') ? (
          <Button
            danger
            loading={stop.isPending}
            aria-label={t('run.stopLabel', { account })}
            onClick={() =>
              stop.mutate(run.id, {
                onError: (error) => {
                  const { title, detail } = errorText(t, error)
                  notification.warning({ title, description: detail })
                },
              })
            }
          >
            {t('run.stop')}
          </Button>
        ) : null}
      </div>
      <Progress
        percent={Math.floor(run.percentage)}
        status="active"
        aria-label={t('run.progressLabel', { account })}
      />
      <RunTrouble run={run} />
      <dl className="facts run-facts">
        <Fact label={t('run.pages')} value={pages} />
        <Fact
          label={t('run.offers')}
          value={
            run.total_items === null
              ? formatNumber(run.processed_items)
              : t('run.pagesOf', {
                  read: formatNumber(run.processed_items),
                  total: formatNumber(run.total_items),
                })
          }
        />
        <Fact
          label={t('run.speed')}
          value={
            run.items_per_second === null
              ? '–'
              : t('run.perSecond', { value: formatNumber(run.items_per_second) })
          }
        />
        <Fact label={t('run.left')} value={timeLeft(t, run)} />
        <Fact
          label={t('run.waits')}
          value={t('run.waited', {
            time: formatDuration(run.wait_seconds),
            count: run.rate_limit_hits,
            formatted: formatNumber(run.rate_limit_hits),
          })}
        />
        <Fact label={t('run.errors')} value={formatNumber(run.error_count)} />
      </dl>
    </div>
  )
}
