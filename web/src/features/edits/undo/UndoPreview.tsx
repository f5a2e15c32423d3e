import { Alert, Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { Badge } from '../../../shared/Badge.tsx'
import { DataTable } from '../../../shared/DataTable.tsx'
import { EmptyState, ErrorState, LoadingState } from '../../../shared/index.ts'
import { isApiError } from '../../../api/client.ts'
import { FromTo, offerColumns } from '../cells.tsx'
import { ConfirmDialog } from '../offer/ConfirmDialog.tsx'
import { keyOf, useOfferNames } from '../../../shared/offer-names.ts'
import { useUndo, useUndoPreview, type UndoAnswer, type UndoRow } from '../queries.ts'
import { refusalOf } from '../offer/refusals.ts'
import { Refused } from '../offer/Refused.tsx'
import type { UndoRequest } from './undo.ts'
import { Why } from '../ReasonText.tsx'

const MOST_SHOWN = 200

/** What putting back would come to, value by value, and doing it. */
export function UndoPreview({ wanted }: { wanted: Omit<UndoRequest, 'preview' | 'confirm'> }) {
  const { t } = useTranslation('edits')
  const found = useUndoPreview(wanted)
  // What was put back stays said, although nothing is left to put back then.
  const [done, setDone] = useState<number | null>(null)
  if (done !== null) {
    return (
      <Alert
        type="success"
        showIcon
        title={t('undo.done', { count: done })}
        description={<Link to="/edits/outbox">{t('bulk.toOutbox')}</Link>}
      />
    )
  }
  if (found.data === undefined) {
    if (isApiError(found.error) && found.error.code === 'nothing_to_undo')
      return <EmptyState title={t('undo.nothing')} />
    return found.error ? (
      <ErrorState error={found.error} onRetry={() => void found.refetch()} />
    ) : (
      <LoadingState />
    )
  }
  return <Plan wanted={wanted} plan={found.data} onReload={() => void found.refetch()} onDone={setDone} />
}

interface PlanProps {
  wanted: Omit<UndoRequest, 'preview' | 'confirm'>
  plan: UndoAnswer
  onReload: () => void
  onDone: (count: number) => void
}

function Plan({ wanted, plan, onReload, onDone }: PlanProps) {
  const { t } = useTranslation('edits')
  const undo = useUndo()
  const { put_back: count, left, rows } = plan
  const shown = rows.slice(0, MOST_SHOWN)
  const names = useOfferNames(shown)
  const refusal = undo.error === null ? null : refusalOf(undo.error)
  const send = (confirm: boolean): void => {
    undo.mutate({ ...wanted, preview: false, confirm }, { onSuccess: (answer) => onDone(answer.put_back) })
  }
  return (
    <section aria-label={t('undo.result')}>
      <p>
        {t('undo.counts', { count })} {left > 0 ? t('undo.left', { count: left }) : null}
      </p>
      {refusal === null ? null : <Refused refusal={refusal} onReload={onReload} />}
      <p className="list-actions">
        <Button type="primary" disabled={count === 0} loading={undo.isPending} onClick={() => send(false)}>
          {t('undo.apply', { count })}
        </Button>
      </p>
      <DataTable<UndoRow>
        label={t('undo.result')}
        rows={shown}
        rowKey={(row) => `${row.account} ${row.emag_id} ${row.field} ${row.warehouse_id}`}
        columns={[
          ...offerColumns<UndoRow>(names, t),
          {
            key: 'change',
            title: t('columns.change'),
            width: 330,
            render: (row) => (
              <FromTo
                field={row.field}
                warehouse={row.warehouse_id}
                from={row.now}
                to={row.put_back}
                account={row.account}
                offer={names.get(keyOf(row))}
              />
            ),
          },
          {
            key: 'action',
            title: t('undo.action'),
            width: 380,
            render: (row) => (
              <>
                <Badge tone={row.action === 'left' ? 'plain' : 'good'}>
                  {t(`undo.actions.${row.action}`)}
                </Badge>{' '}
                <span className="reason muted">
                  <Why why={row.why} text={row.reason} field={row.field} />
                </span>
              </>
            ),
          },
        ]}
      />
      {rows.length > shown.length ? <p className="muted">{t('undo.more', { count: rows.length })}</p> : null}
      {refusal?.kind === 'doubtful' ? (
        <ConfirmDialog
          doubts={refusal.doubts.slice(0, 20)}
          busy={undo.isPending}
          onYes={() => send(true)}
          onNo={undo.reset}
        />
      ) : null}
    </section>
  )
}
