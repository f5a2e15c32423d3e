import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import type { Schemas } from '../../api/client.ts'
import { formatNumber } from '../../shared/format.ts'
import { ErrorState } from '../../shared/states.tsx'
import type { AccountStatistics } from './queries.ts'
import { compareAccounts, type Status } from './runs.ts'

type Count = Exclude<
  keyof AccountStatistics,
  'currencies' | 'last_completed_run' | 'oldest_seen_at' | 'oldest_age_seconds'
>

interface TileProps {
  label: string
  value: ReactNode
  detail?: ReactNode
  /** The list of exactly what it counts. */
  to?: string
}

function Tile({ label, value, detail, to }: TileProps) {
  return (
    <div className="tile">
      <dt>{label}</dt>
      <dd className="tile-value">{to === undefined ? value : <Link to={to}>{value}</Link>}</dd>
      <dd className="tile-detail muted">{detail ?? '\u00a0'}</dd>
    </div>
  )
}

/** The numbers of the whole local copy. */
export function Overview({
  statistics,
  status,
}: {
  statistics: UseQueryResult<Schemas['Statistics']>
  status: Status
}) {
  const { t } = useTranslation('sync')
  if (statistics.isError && statistics.data === undefined) {
    return <ErrorState error={statistics.error} onRetry={() => void statistics.refetch()} />
  }
  const accounts = statistics.data?.accounts ?? {}
  const sum = (count: Count) =>
    statistics.data ? Object.values(accounts).reduce((total, one) => total + one[count], 0) : null
  const byAccount = Object.entries(accounts)
    .sort(([one], [other]) => compareAccounts(one, other))
    .map(([name, { products }]) => `${name} ${formatNumber(products)}`)
    .join(' · ')
  return (
    <dl className="tiles">
      <Tile
        label={t('tiles.total')}
        value={formatNumber(statistics.data?.total_products)}
        detail={byAccount}
        to="/offers"
      />
      <Tile
        label={t('tiles.sellable')}
        value={formatNumber(sum('sellable'))}
        detail={t('tiles.active', {
          value: formatNumber(sum('active')),
          rejected: formatNumber(sum('rejected')),
        })}
        to="/offers?sellable=yes"
      />
      <Tile
        label={t('tiles.outOfStock')}
        value={formatNumber(sum('out_of_stock'))}
        detail={t('tiles.withInactive')}
        to="/offers?stock=0"
      />
      <Tile
        label={t('tiles.state')}
        value={
          <span className={status.is_running ? 'state is-running' : 'state'}>
            {t(status.is_running ? 'tiles.running' : 'tiles.quiet')}
          </span>
        }
        detail={
          status.is_running ? status.running.map(({ account }) => account).join(' · ') : t('tiles.ready')
        }
      />
    </dl>
  )
}
