import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import type { Schemas } from '../../../api/client.ts'
import { formatDate, useRole } from '../../../shared/index.ts'
import { endedToTell, isWaiting } from './offerEdits.ts'
import { useWithdraw, type Edit } from '../queries.ts'
import { Why } from '../ReasonText.tsx'
import { useValueWords } from '../useValueWords.ts'
import { useTellError } from '../useTellError.ts'
import { useOfferEdits } from './useOfferEdits.ts'

/** The edits of one offer that wait, with the way to take one back; and how the last ones ended, where eMAG said so. */
export function OfferEdits({ offer }: { offer: Schemas['Product'] }) {
  const { t } = useTranslation('edits')
  const edits = useOfferEdits(offer).data ?? []
  const waiting = edits.filter(isWaiting)
  const ended = endedToTell(edits)
  return (
    <>
      {waiting.length === 0 ? null : (
        <section className="pending-edits">
          <h3>{t('pending.title')}</h3>
          <ul>
            {waiting.map((edit) => (
              <EditLine key={edit.id} edit={edit} currency={offer.currency} />
            ))}
          </ul>
        </section>
      )}
      {ended.length === 0 ? null : (
        <section className="pending-edits">
          <h3>{t('pending.endedTitle')}</h3>
          <ul>
            {ended.map((edit) => (
              <EditLine key={edit.id} edit={edit} currency={offer.currency} />
            ))}
          </ul>
        </section>
      )}
    </>
  )
}

function EditLine({ edit, currency }: { edit: Edit; currency: string }) {
  const { t } = useTranslation('edits')
  const words = useValueWords()
  const { can } = useRole()
  const withdraw = useWithdraw()
  const tellError = useTellError()
  const own = edit.currency ?? currency
  return (
    <li data-state={edit.state}>
      <span>
        <strong>{words.field(edit.field, edit.warehouse_id)}</strong>:{' '}
        {words.valueOf(edit.account, edit.field, edit.base, 'absolute', own)} →{' '}
        {words.valueOf(edit.account, edit.field, edit.value, edit.kind, own)}
        <br />
        <span className="muted">
          {t('pending.by', { name: edit.made_by, date: formatDate(edit.made_at) })}
          {isWaiting(edit) ? null : ` · ${t(`pending.states.${edit.state}`)}`}
        </span>
        {edit.state === 'conflict' ? (
          <>
            {' '}
            <Link to={`/edits/conflicts?account=${edit.account}`}>{t('pending.decide')}</Link>
          </>
        ) : null}
        {edit.reason ? (
          <span className="reason">
            <Why why={edit.why} text={edit.reason} field={edit.field} />
          </span>
        ) : null}
        {edit.remarks ? <span className="reason">{t('remarks', { message: edit.remarks })}</span> : null}
      </span>
      {isWaiting(edit) && can('operator') ? (
        <Button
          size="small"
          loading={withdraw.isPending && withdraw.variables === edit.id}
          onClick={() => withdraw.mutate(edit.id, { onError: tellError })}
        >
          {t('pending.withdraw')}
        </Button>
      ) : null}
    </li>
  )
}
