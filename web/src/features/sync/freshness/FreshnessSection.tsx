import { Alert, Button } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { DataTable } from '../../../shared/DataTable.tsx'
import { formatDuration, formatNumber, useRole } from '../../../shared/index.ts'
import { compareAccounts } from '../runs.ts'
import { useFreshness } from './queries.ts'
import type { Freshness, Target } from './targets.ts'
import { useSelectionText } from './useSelectionText.ts'

const TargetsDialog = lazy(() => import('./TargetsDialog.tsx'))

/** How old offers may become, how they stand, and whether eMAG's limit allows the targets. */
export function FreshnessSection() {
  const { t } = useTranslation('sync')
  const found = useFreshness()
  const accounts = [...(found.data?.accounts ?? [])].sort((one, other) =>
    compareAccounts(one.account, other.account),
  )
  if (accounts.length === 0) return null
  return (
    <section className="card freshness" aria-labelledby="freshness">
      <h2 id="freshness">{t('freshness.title')}</h2>
      <p className="muted">{t('freshness.intro')}</p>
      {found.data?.enabled === false ? (
        <Alert role="status" type="warning" showIcon title={t('freshness.off')} className="form-error" />
      ) : null}
      {accounts.map((account) => (
        <AccountFreshness key={account.account} found={account} />
      ))}
    </section>
  )
}

function AccountFreshness({ found }: { found: Freshness }) {
  const { t } = useTranslation('sync')
  const { can } = useRole()
  const [isEditing, setEditing] = useState(false)
  const account = found.account
  return (
    <section aria-label={t('freshness.of', { account })} data-freshness={found.account}>
      <header className="freshness-head">
        <h3>{account}</h3>
        <span className={found.older > 0 ? 'is-bad' : 'muted'}>
          {found.older > 0
            ? t('freshness.older', { count: found.older, value: formatNumber(found.older) })
            : t('freshness.fresh')}
        </span>
        {found.is_default ? <span className="muted">{t('freshness.default')}</span> : null}
        {can('operator') ? (
          <Button
            size="small"
            aria-label={t('freshness.editOf', { account })}
            onClick={() => setEditing(true)}
          >
            {t('freshness.edit')}
          </Button>
        ) : null}
      </header>
      {found.can_be_met ? null : <WhyNot found={found} />}
      {found.targets.length > 0 ? <Targets account={account} targets={found.targets} /> : null}
      {isEditing ? (
        <Suspense fallback={null}>
          <TargetsDialog found={found} onClose={() => setEditing(false)} />
        </Suspense>
      ) : null}
    </section>
  )
}

/** What there is too little of: requests, time, or both. */
function WhyNot({ found }: { found: Freshness }) {
  const { t } = useTranslation('sync')
  return (
    <Alert
      role="status"
      type="warning"
      showIcon
      title={t('freshness.cannotBeMet')}
      description={
        <>
          {found.missing_requests_per_hour > 0 ? (
            <p>
              {t('freshness.missing', {
                needed: formatNumber(Math.ceil(found.needed_requests_per_hour)),
                available: formatNumber(found.available_requests_per_hour),
                missing: formatNumber(Math.ceil(found.missing_requests_per_hour)),
              })}
            </p>
          ) : null}
          {found.missing_seconds > 0 ? (
            <p>{t('freshness.tooShort', { time: formatDuration(Math.ceil(found.missing_seconds)) })}</p>
          ) : null}
        </>
      }
      className="form-error"
    />
  )
}

function Targets({ account, targets }: { account: string; targets: readonly Target[] }) {
  const { t } = useTranslation('sync')
  const textOf = useSelectionText()
  return (
    <DataTable<Target>
      label={t('freshness.of', { account })}
      rowKey={(target) => `${textOf(target.selection)} ${target.max_age_seconds}`}
      rows={targets}
      columns={[
        {
          key: 'selection',
          title: t('freshness.offers'),
          width: 240,
          render: (target) => textOf(target.selection),
        },
        {
          key: 'age',
          title: t('freshness.atMost'),
          width: 130,
          render: (target) => formatDuration(target.max_age_seconds),
        },
        {
          key: 'number',
          title: t('freshness.number'),
          width: 100,
          align: 'end',
          render: (target) => formatNumber(target.offers),
        },
        {
          key: 'older',
          title: t('freshness.tooOld'),
          width: 190,
          align: 'end',
          render: (target) => (
            <span className={target.older > 0 ? 'is-bad' : undefined}>
              {formatNumber(target.older)}
              {target.older > 0
                ? ` (${t('freshness.by', { time: formatDuration(target.excess_seconds) })})`
                : ''}
            </span>
          ),
        },
        {
          key: 'read',
          title: t('freshness.readBy'),
          width: 200,
          render: (target) => t(`freshness.ways.${target.read_by}`, { defaultValue: target.read_by }),
        },
        {
          key: 'requests',
          title: t('freshness.requests'),
          width: 140,
          align: 'end',
          render: (target) => formatNumber(Math.round(target.requests_per_hour)),
        },
      ]}
    />
  )
}
