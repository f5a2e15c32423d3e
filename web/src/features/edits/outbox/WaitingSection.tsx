import { Button, Tag } from 'antd'
import { useTranslation } from 'react-i18next'

import { Badge } from '../../../shared/Badge.tsx'
import { formatDate, useRole, useUrlState } from '../../../shared/index.ts'
import { FromTo, offerColumns } from '../cells.tsx'
import { AccountChoice } from '../conflicts/Choice.tsx'
import { Log } from './Log.tsx'
import { keyOf, useOfferNames } from '../../../shared/offer-names.ts'
import { useWaitingEdits, useWithdraw, type Edit } from '../queries.ts'
import { useTellError } from '../useTellError.ts'
import { Why } from '../ReasonText.tsx'

const NO_FILTER = { account: null as string | null, batch: null as string | null }

/** Edits that did not reach eMAG yet, one by one. */
export default function WaitingSection() {
  const { t } = useTranslation('edits')
  const { can } = useRole()
  const [filter, setFilter] = useUrlState(NO_FILTER)
  const found = useWaitingEdits(filter.account, filter.batch)
  const rows = found.data?.pages.flatMap((page) => page.edits) ?? []
  const names = useOfferNames(rows)
  const withdraw = useWithdraw()
  const tellError = useTellError()
  return (
    <>
      <div role="search" aria-label={t('filters.label')} className="edit-filters">
        <AccountChoice value={filter.account} onChange={(account) => setFilter({ account })} />
        {filter.batch === null ? null : (
          <Tag closable onClose={() => setFilter({ batch: null })}>
            {t('waiting.ofBatch')}
          </Tag>
        )}
      </div>
      <Log<Edit>
        label={t('sections.waiting')}
        found={found}
        rows={rows}
        rowKey={(edit) => edit.id}
        none={{ title: t('waiting.none'), detail: t('waiting.noneText') }}
        columns={[
          ...offerColumns<Edit>(names, t),
          {
            key: 'change',
            title: t('columns.change'),
            width: 330,
            render: (edit) => (
              <FromTo
                field={edit.field}
                warehouse={edit.warehouse_id}
                from={edit.base}
                to={edit.value}
                kind={edit.kind}
                account={edit.account}
                offer={names.get(keyOf(edit))}
              />
            ),
          },
          {
            key: 'state',
            title: t('columns.state'),
            width: 260,
            render: (edit) => (
              <>
                {edit.state === 'conflict' ? (
                  <Badge tone="warning">{t('badge.conflict')}</Badge>
                ) : (
                  <Badge tone="busy">{t('badge.waits')}</Badge>
                )}
                <span className="reason muted">
                  <Why why={edit.why} text={edit.reason} field={edit.field} />
                </span>
              </>
            ),
          },
          {
            key: 'by',
            title: t('columns.by'),
            width: 220,
            render: (edit) => `${edit.made_by}, ${formatDate(edit.made_at)}`,
          },
          {
            key: 'act',
            title: <span className="visually-hidden">{t('columns.actions')}</span>,
            width: 120,
            render: (edit) =>
              can('operator') ? (
                <Button
                  size="small"
                  loading={withdraw.isPending && withdraw.variables === edit.id}
                  onClick={() => withdraw.mutate(edit.id, { onError: tellError })}
                >
                  {t('pending.withdraw')}
                </Button>
              ) : null,
          },
        ]}
      />
    </>
  )
}
