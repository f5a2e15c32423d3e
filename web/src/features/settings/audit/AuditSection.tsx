import { Button, Select } from 'antd'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'

import { DataTable, type Column } from '../../../shared/DataTable.tsx'
import { DateField } from '../../../shared/DateField.tsx'
import { EmptyState, formatDate, useUrlState } from '../../../shared/index.ts'
import { actionKey, ACTIONS, detailText, type DetailWords, type Entry } from './audit.ts'
import { useDetailWords } from './useDetailWords.ts'
import { useAudit, useUsers } from '../queries.ts'
import { Loaded } from '../shared.tsx'

const NO_FILTER = { action: null as string | null, user: null as string | null, since: '', until: '' }
const ANY = 'any'

/** Who changed what, when and from where. */
export default function AuditSection() {
  const { t } = useTranslation('settings')
  const words = useDetailWords()
  const [filter, setFilter] = useUrlState(NO_FILTER)
  const found = useAudit({
    action: ACTIONS.find((known) => known === filter.action) ?? null,
    username: filter.user,
    since: startOfDay(filter.since, 0),
    until: startOfDay(filter.until, 1),
  })
  return (
    <>
      <p className="muted">{t('audit.intro')}</p>
      <Filters filter={filter} onChange={setFilter} />
      <Loaded found={found}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.entries)
          return rows.length === 0 ? (
            <EmptyState title={t('audit.none')} detail={t('audit.noneText')} />
          ) : (
            <DataTable<Entry>
              label={t('sections.audit')}
              rows={rows}
              rowKey={(entry) => entry.id}
              columns={columnsOf(t, words)}
            />
          )
        }}
      </Loaded>
      {found.hasNextPage ? (
        <p>
          <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t('audit.older')}
          </Button>
        </p>
      ) : null}
    </>
  )
}

/** The first instant of a day, `2026-01-31`, or of a later one, where the reader is; null for no day. */
function startOfDay(day: string, later: number): string | null {
  const start = new Date(`${day}T00:00:00`)
  if (day === '' || Number.isNaN(start.getTime())) return null
  start.setDate(start.getDate() + later)
  return start.toISOString()
}

interface FilterProps {
  filter: typeof NO_FILTER
  onChange: (change: Partial<typeof NO_FILTER>) => void
}

function Filters({ filter, onChange }: FilterProps) {
  const { t } = useTranslation('settings')
  const users = (useUsers().data ?? []).map((user) => user.username)
  const known = filter.user === null || users.includes(filter.user) ? users : [...users, filter.user]
  const day = (key: 'since' | 'until') => (
    <DateField
      label={t(`audit.${key}`)}
      value={filter[key]}
      onChange={(value) => onChange({ [key]: value })}
    />
  )
  return (
    <div role="search" aria-label={t('audit.filters')} className="audit-filters">
      <Select
        aria-label={t('audit.action')}
        value={filter.action ?? ANY}
        showSearch={{ optionFilterProp: 'label' }}
        options={[
          { value: ANY, label: t('audit.anyAction') },
          ...ACTIONS.map((action) => ({ value: action, label: t(`audit.actions.${actionKey(action)}`) })),
        ]}
        onChange={(value) => onChange({ action: value === ANY ? null : value })}
      />
      <Select
        aria-label={t('audit.who')}
        value={filter.user ?? ANY}
        options={[
          { value: ANY, label: t('audit.anybody') },
          ...known.map((name) => ({ value: name, label: name })),
        ]}
        onChange={(value) => onChange({ user: value === ANY ? null : value })}
      />
      {day('since')}
      {day('until')}
    </div>
  )
}

function columnsOf(t: TFunction<'settings'>, words: DetailWords): Column<Entry>[] {
  return [
    { key: 'at', title: t('audit.at'), width: 150, nowrap: true, render: (entry) => formatDate(entry.at) },
    {
      key: 'who',
      title: t('audit.who'),
      width: 170,
      render: (entry) => (
        <>
          {entry.username}
          <span className="muted audit-where">
            {t(`audit.callers.${entry.caller}`, { defaultValue: entry.caller })}
            {entry.address === null ? '' : `, ${entry.address}`}
          </span>
        </>
      ),
    },
    {
      key: 'action',
      title: t('audit.action'),
      width: 200,
      render: ({ action }) => t(`audit.actions.${actionKey(action)}`, { defaultValue: action }),
    },
    {
      key: 'target',
      title: t('audit.target'),
      width: 240,
      render: (entry) => <span className="audit-text">{entry.target}</span>,
    },
    {
      key: 'detail',
      title: t('audit.detail'),
      width: 400,
      render: ({ detail }) => <span className="audit-text muted">{detailText(detail, words)}</span>,
    },
  ]
}
