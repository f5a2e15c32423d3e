import { Form, Input, Modal, Radio } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { currencyOf, isOfCurrency } from './currencies.ts'
import { useResolve, type Conflict } from '../queries.ts'
import { refusalOf } from '../offer/refusals.ts'
import { Refused } from '../offer/Refused.tsx'
import { VatChoice } from '../offer/VatChoice.tsx'
import { useValueWords } from '../useValueWords.ts'
import { isAmount } from '../../../shared/fields.ts'
import { readAmount, readWhole, typedAmount } from '../../../shared/numbers.ts'

/** Decides a conflict for a third value. */
export function OtherValueDialog({ conflict, onClose }: { conflict: Conflict; onClose: () => void }) {
  const { t } = useTranslation('edits')
  const { t: common } = useTranslation()
  const words = useValueWords()
  const resolve = useResolve()
  const price = isAmount(conflict.field)
  // The number of another currency is no beginning for one in this.
  const first = isOfCurrency(conflict) ? '' : price ? typedAmount(conflict.local) : conflict.local
  const [typed, setTyped] = useState(first)
  const label = words.field(conflict.field, conflict.warehouse_id)
  const submit = (): void => {
    const read = price ? readAmount(typed)?.amount : readWhole(typed)?.value
    resolve.mutate({ id: conflict.id, value: String(read ?? typed.trim()) }, { onSuccess: onClose })
  }
  return (
    <Modal
      open
      title={t('conflicts.otherTitle', { field: label })}
      okText={common('save')}
      cancelText={common('cancel')}
      okButtonProps={{ disabled: typed.trim() === '' }}
      confirmLoading={resolve.isPending}
      onOk={submit}
      onCancel={onClose}
    >
      <Form layout="vertical" onFinish={submit}>
        <p className="muted">
          {t('conflicts.otherText', {
            local: words.valueOf(
              conflict.account,
              conflict.field,
              conflict.local,
              'absolute',
              currencyOf(conflict, 'local'),
            ),
            emag: words.valueOf(
              conflict.account,
              conflict.field,
              conflict.emag,
              'absolute',
              currencyOf(conflict, 'emag'),
            ),
          })}
        </p>
        {resolve.error === null ? null : <Refused refusal={refusalOf(resolve.error)} onReload={onClose} />}
        <Form.Item label={label} htmlFor="other-value">
          {conflict.field === 'status' ? (
            <Radio.Group
              aria-label={label}
              value={typed}
              options={['1', '0', '2'].map((value) => ({ value, label: words.value('status', value) }))}
              onChange={(event) => setTyped(String(event.target.value))}
            />
          ) : conflict.field === 'vat_id' ? (
            <VatChoice id="other-value" account={conflict.account} value={typed} onChange={setTyped} />
          ) : (
            <Input
              id="other-value"
              autoFocus
              autoComplete="off"
              maxLength={20}
              suffix={conflict.emag_currency ?? undefined}
              inputMode={price ? 'decimal' : 'numeric'}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </Form.Item>
      </Form>
    </Modal>
  )
}
