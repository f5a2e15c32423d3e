import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import type { Schemas } from '../../../api/client.ts'
import { formatDate, useRole } from '../../../shared/index.ts'
import { useWithdraw } from '../queries.ts'
import { useFieldWords } from '../useFieldWords.ts'
import { useTellError } from '../useTellError.ts'

/** The edits of one offer that wait, with the way to take one back. */
export function PendingEdits({ offer }: { offer: Schemas['Product'] }) {
  const { t } = useTranslation('edits')
  const words = useFieldWords()
  const { can } = useRole()
  const withdraw = useWithdraw()
  const tellError = useTellError()
  if (offer.pending_edits.length === 0) return null
  return (
    <section className="pending-edits">
      <h3>{t('pending.title')}</h3>
      <ul>
        {offer.pending_edits.map((edit) => (
          <li key={edit.id}>
            <span>
              <strong>{words.field(edit.field, edit.warehouse_id)}</strong>:{' '}
              {words.value(edit.field, edit.base)} → {words.value(edit.field, edit.value, edit.kind)}
              <br />
              <span className="muted">{t('pending.by', { name: edit.by, date: formatDate(edit.at) })}</span>
              {edit.state === 'conflict' ? (
                <>
                  {' '}
                  <Link to={`/edits/conflicts?account=${offer.account_type}`}>{t('pending.decide')}</Link>
                </>
              ) : null}
            </span>
            {can('operator') ? (
              <Button
                size="small"
                loading={withdraw.isPending && withdraw.variables === edit.id}
                onClick={() => withdraw.mutate(edit.id, { onError: tellError })}
              >
                {t('pending.withdraw')}
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  )
}
