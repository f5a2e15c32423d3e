import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { FormError } from '../../shared/FormError.tsx'
import { LastRun } from '../sync/accounts/LastRun.tsx'
import { RunProgress } from '../sync/live/RunProgress.tsx'
import { useStartSync, useStatus } from '../sync/queries.ts'
import { lastEnded } from '../sync/runs.ts'
import { useNow } from '../../shared/useNow.ts'

const AGES_SECONDS = 15

/** Starts an account's first copy, and shows it while it goes. */
export function FirstCopy({ name }: { name: string }) {
  const { t } = useTranslation('connect')
  const start = useStartSync()
  const status = useStatus()
  const now = useNow(AGES_SECONDS)
  const run = status.data?.running.find(({ account }) => account === name)
  const last = lastEnded(status.data, name)
  return (
    <section className="card connect-card" aria-labelledby="connect-copy">
      <h2 id="connect-copy">{t('steps.copy')}</h2>
      {run === undefined && last === undefined ? (
        <>
          <p className="muted">{t('copyDetail')}</p>
          <FormError error={start.error} />
          <Button
            type="primary"
            size="large"
            loading={start.isPending}
            onClick={() =>
              start.mutate({ account: name, mode: 'full' } as Parameters<typeof start.mutate>[0])
            }
          >
            {t('start')}
          </Button>
        </>
      ) : run === undefined ? (
        <>
          <LastRun run={last} now={now} />
          <p>
            <Link to="/offers">{t('toOffers')}</Link>
          </p>
        </>
      ) : (
        <RunProgress run={run} />
      )}
    </section>
  )
}
