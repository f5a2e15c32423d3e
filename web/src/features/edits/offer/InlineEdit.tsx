import { EditOutlined } from '@ant-design/icons'
import { Popover } from 'antd'
import { lazy, Suspense, useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import type { Schemas } from '../../../api/client.ts'
import { useRole } from '../../../shared/index.ts'
import '../edits.css'
import { isAmount } from '../../../shared/fields.ts'
import { useFieldWords } from '../useFieldWords.ts'

const QuickEditor = lazy(() => import('./QuickEditor.tsx'))

interface Props {
  offer: Schemas['Product']
  field: 'sale_price' | 'stock' | 'status'
  /** eMAG's value, as the table shows it. */
  children: ReactNode
}

/** A value of the table that an operator changes in its place; below it what waits to reach eMAG. */
export function InlineEdit({ offer, field, children }: Props) {
  const { t } = useTranslation('edits')
  const words = useFieldWords()
  const { can } = useRole()
  const [open, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const shown = (
    <>
      {children}
      <Coming offer={offer} field={field} />
    </>
  )
  if (!can('operator') || offer.removed_at !== null) return shown
  const close = (): void => {
    setOpen(false)
    button.current?.focus()
  }
  const trigger = (
    <button
      ref={button}
      type="button"
      className="inline-edit"
      title={t('inline.edit', { field: words.field(field) })}
      aria-haspopup="dialog"
      aria-expanded={open}
      onClick={() => setOpen(true)}
    >
      <span>{shown}</span>
      <EditOutlined className="inline-edit-mark" aria-hidden />
    </button>
  )
  // Fifty rows are drawn at once: only the value that is edited has more than a button.
  if (!open) return trigger
  return (
    <Popover
      open
      // Not closed by a click elsewhere: what was typed stays, and the question whether it is meant is elsewhere.
      trigger={[]}
      placement="bottom"
      content={
        <Suspense fallback={null}>
          <QuickEditor offer={offer} field={field} onClose={close} />
        </Suspense>
      }
    >
      {trigger}
    </Popover>
  )
}

/** What an edit that waits makes of the value. */
function Coming({ offer, field }: Omit<Props, 'children'>) {
  const { t } = useTranslation('edits')
  const words = useFieldWords()
  const waiting = offer.pending_edits.filter((edit) => edit.field === field)
  if (waiting.length === 0 || offer.effective === null) return null
  const values = {
    sale_price: offer.effective.sale_price,
    stock: String(offer.effective.stock),
    status: offer.effective.status_code === null ? null : String(offer.effective.status_code),
  }
  return (
    <span className="coming" title={t('coming')}>
      <span aria-hidden>→</span> <span className="visually-hidden">{t('coming')}</span>
      {words.value(field, values[field])}
      {isAmount(field) ? ` ${offer.currency}` : ''}
    </span>
  )
}
