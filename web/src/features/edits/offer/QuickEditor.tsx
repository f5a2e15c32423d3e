import { Button, Input, Radio } from 'antd'
import { useEffect, useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import type { Schemas } from '../../../api/client.ts'
import { Refused } from './Refused.tsx'
import { useFieldWords } from '../useFieldWords.ts'
import { useSaving } from './useSaving.tsx'
import { quickStart, quickValues } from './form.ts'
import { Understood } from './Understood.tsx'
import { WithVat } from './WithVat.tsx'
import { readAmount } from '../../../shared/numbers.ts'

interface Props {
  offer: Schemas['Product']
  field: 'sale_price' | 'stock' | 'status'
  onClose: () => void
}

/** Changes one value in the table. */
export default function QuickEditor({ offer, field, onClose }: Props) {
  const { t } = useTranslation('edits')
  const { t: common } = useTranslation()
  const words = useFieldWords()
  // What the person sees is what is changed, also when the table has been read again meanwhile.
  const [seen, setSeen] = useState(offer)
  const [start, setStart] = useState(() => quickStart(offer, field))
  const [typed, setTyped] = useState(start)
  const shown = (text: string): string => {
    const read = field === 'sale_price' ? readAmount(text)?.amount : text
    return field === 'stock' ? text : words.value(field, read ?? text)
  }
  const saving = useSaving(seen, onClose, () => `${shown(start)} → ${shown(typed)}`)
  const values = quickValues(field, typed)
  const label = words.field(field)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (typed.trim() === start) onClose()
    else if (values !== null) saving.save(values)
  }
  const type = (text: string): void => {
    saving.forget()
    setTyped(text)
  }
  const reload = (): void => {
    saving.reload()
    onClose()
  }
  const isOutdated = seen.version !== offer.version && !saving.isSaving
  const takeOver = (): void => {
    setSeen(offer)
    const now = quickStart(offer, field)
    setStart(now)
    setTyped(now)
  }
  const isAsking = saving.question !== null
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && !isAsking) onClose()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [isAsking, onClose])
  const severalWarehouses =
    saving.refusal?.kind === 'wrong' && saving.refusal.faults.some(({ code }) => code === 'warehouse_needed')
  return (
    <div role="dialog" aria-label={t('inline.edit', { field: label })} className="quick-editor">
      <form onSubmit={submit}>
        {field === 'status' ? (
          <Radio.Group
            aria-label={label}
            value={typed}
            options={['1', '0'].map((value) => ({ value, label: words.value('status', value) }))}
            onChange={(event) => type(String(event.target.value))}
          />
        ) : (
          <label>
            {label}
            <Input
              autoFocus
              inputMode={field === 'sale_price' ? 'decimal' : 'text'}
              autoComplete="off"
              maxLength={20}
              value={typed}
              suffix={field === 'sale_price' ? offer.currency : t('pieces')}
              onFocus={(event) => event.target.select()}
              onChange={(event) => type(event.target.value)}
            />
          </label>
        )}
        {field === 'sale_price' ? (
          <WithVat name={label} net={typed} rate={offer.vat_rate} currency={offer.currency} onNet={type} />
        ) : null}
        <Understood field={field} typed={typed} currency={offer.currency} />
        {field === 'stock' ? <p className="muted">{t('inline.stockHint')}</p> : null}
        {isOutdated ? (
          <p className="muted">
            {t('inline.outdated')}{' '}
            <Button type="link" size="small" onClick={takeOver}>
              {t('inline.takeOver')}
            </Button>
          </p>
        ) : null}
        {saving.refusal === null ? null : <Refused refusal={saving.refusal} onReload={reload} />}
        {severalWarehouses ? (
          <Link to={{ search: `?offer=${offer.id}` }} onClick={onClose}>
            {t('inline.open')}
          </Link>
        ) : null}
        <p className="quick-buttons">
          <Button type="primary" htmlType="submit" loading={saving.isSaving} disabled={values === null}>
            {common('save')}
          </Button>
          <Button onClick={onClose}>{common('cancel')}</Button>
        </p>
      </form>
      {saving.question}
    </div>
  )
}
