import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Column } from '../../../shared/DataTable.tsx'
import { formatDate, formatNumber, useRole, useUrlState } from '../../../shared/index.ts'
import { offerColumns } from '../cells.tsx'
import { AccountChoice, Choice } from './Choice.tsx'
import { Log } from '../outbox/Log.tsx'
import { OtherValueDialog } from './OtherValueDialog.tsx'
import { keyOf, useOfferNames } from '../../../shared/offer-names.ts'
import { currencyOf, isOfCurrency } from './currencies.ts'
import { useConflicts, useResolve, type Conflict } from '../queries.ts'
import { selectColumn } from '../selectColumn.tsx'
import { useValueWords } from '../useValueWords.ts'
import { useSelection } from '../useSelection.ts'
import { useTellError } from '../useTellError.ts'
import { EDITABLE_FIELDS } from '../../../shared/fields.ts'

const NO_FILTER = { account: null as string | null, field: null as string | null, state: 'open' }
const STATES = ['open', 'resolved'] as const

/** What was edited here and changed on eMAG too: a person decides. */
export default function ConflictsSection() {
  const { t } = useTranslation('edits')
  const { can } = useRole()
  const words = useValueWords()
  const [filter, setFilter] = useUrlState(NO_FILTER)
  const state = filter.state === 'resolved' ? 'resolved' : 'open'
  const field = EDITABLE_FIELDS.find((one) => one === filter.field) ?? null
  const found = useConflicts({ account: filter.account, field, state })
  const rows = found.data?.pages.flatMap((page) => page.conflicts) ?? []
  const names = useOfferNames(rows)
  const open = rows.filter((conflict) => conflict.state === 'open')
  const selection = useSelection(open.map(({ id }) => id))
  const resolve = useResolve()
  const tellError = useTellError()
  const [other, setOther] = useState<Conflict | null>(null)
  const comparable = new Set(open.filter((conflict) => !isOfCurrency(conflict)).map(({ id }) => id))
  const keepable = selection.chosen.filter((id) => comparable.has(id))
  const decide = (ids: readonly number[], resolution: 'emag' | 'local'): void => {
    resolve.mutate({ ids, resolution }, { onSuccess: selection.clear, onError: tellError })
  }
  const mayAct = can('operator') && open.length > 0
  const value = (key: 'base' | 'local' | 'emag'): Column<Conflict> => ({
    key,
    title: t(`conflicts.${key}`),
    width: 115,
    align: 'end',
    render: (conflict) =>
      words.valueOf(
        conflict.account,
        conflict.field,
        conflict[key],
        'absolute',
        currencyOf(conflict, key) ?? names.get(keyOf(conflict))?.currency,
      ),
  })
  const columns: Column<Conflict>[] = [
    ...(mayAct ? [selectColumn<Conflict>(selection, (conflict) => conflict.state === 'open', t)] : []),
    ...offerColumns<Conflict>(names, t),
    {
      key: 'field',
      title: t('columns.field'),
      width: 150,
      render: (conflict) => words.field(conflict.field, conflict.warehouse_id),
    },
    value('base'),
    value('local'),
    value('emag'),
    { key: 'at', title: t('conflicts.openedAt'), width: 165, render: (one) => formatDate(one.opened_at) },
    mayAct
      ? {
          key: 'act',
          title: t('conflicts.decide'),
          width: 410,
          render: (conflict) => (
            <span className="row-actions">
              <Button size="small" onClick={() => decide([conflict.id], 'emag')}>
                {t('conflicts.takeEmag')}
              </Button>
              {isOfCurrency(conflict) ? null : (
                <Button size="small" onClick={() => decide([conflict.id], 'local')}>
                  {t('conflicts.keepOurs')}
                </Button>
              )}
              <Button size="small" onClick={() => setOther(conflict)}>
                {isOfCurrency(conflict)
                  ? t('conflicts.newPrice', { currency: conflict.emag_currency })
                  : t('conflicts.other')}
              </Button>
            </span>
          ),
        }
      : {
          key: 'outcome',
          title: t('conflicts.outcome'),
          width: 260,
          render: (conflict) => <Outcome conflict={conflict} />,
        },
  ]
  const chosen = selection.chosen.length
  return (
    <>
      <div role="search" aria-label={t('filters.label')} className="edit-filters">
        <AccountChoice value={filter.account} onChange={(account) => setFilter({ account })} />
        <Choice
          label={t('filters.field')}
          any={t('filters.anyField')}
          value={filter.field}
          values={EDITABLE_FIELDS as readonly string[]}
          word={words.field}
          onChange={(field) => setFilter({ field })}
        />
        <Choice
          label={t('filters.state')}
          value={state}
          values={STATES}
          word={(one) => t(`conflicts.states.${one}`)}
          onChange={(one) => setFilter({ state: one ?? 'open' })}
        />
      </div>
      <Log<Conflict>
        label={t('sections.conflicts')}
        found={found}
        rows={rows}
        columns={columns}
        rowKey={(conflict) => conflict.id}
        none={{ title: t('conflicts.none'), detail: t('conflicts.noneText') }}
      >
        {mayAct ? (
          <p className="list-actions">
            <Button disabled={chosen === 0} onClick={() => decide(selection.chosen, 'emag')}>
              {t('conflicts.takeEmagMany', { count: chosen, formatted: formatNumber(chosen) })}
            </Button>
            <Button disabled={keepable.length === 0} onClick={() => decide(keepable, 'local')}>
              {t('conflicts.keepOursMany', {
                count: keepable.length,
                formatted: formatNumber(keepable.length),
              })}
            </Button>
          </p>
        ) : null}
      </Log>
      {other === null ? null : <OtherValueDialog conflict={other} onClose={() => setOther(null)} />}
    </>
  )
}

function Outcome({ conflict }: { conflict: Conflict }) {
  const { t } = useTranslation('edits')
  const words = useValueWords()
  if (conflict.resolution === null) return t('conflicts.states.open')
  const how = t(`conflicts.resolutions.${conflict.resolution}`, {
    value: words.valueOf(conflict.account, conflict.field, conflict.value),
  })
  return (
    <>
      {how}
      <br />
      <span className="muted">
        {[conflict.resolved_by, formatDate(conflict.resolved_at)].filter(Boolean).join(', ')}
      </span>
    </>
  )
}
