import { Button, Form, Input, Radio } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { Link } from 'react-router'

import type { Schemas } from '../../../api/client.ts'
import '../edits.css'
import { OfferEdits } from './OfferEdits.tsx'
import { faultsOf } from './refusals.ts'
import { Refused } from './Refused.tsx'
import { usePushed } from '../queries.ts'
import { useFieldWords } from '../useFieldWords.ts'
import { useSaving } from './useSaving.tsx'
import { isAmount } from '../../../shared/fields.ts'
import { changesOf, entriesOf, type Entry } from './form.ts'
import { Understood } from './Understood.tsx'
import { WithVat } from './WithVat.tsx'
import { useVatRates } from '../../../shared/useVatRates.ts'
import { fractionOf } from '../../../shared/vat-rates.ts'
import { VatChoice } from './VatChoice.tsx'

/** Everything that can be edited of one offer. A new version of it begins the form anew. */
export default function EditTab({ offer }: { offer: Schemas['ProductDetail'] }) {
  const { t } = useTranslation('edits')
  const pushed = usePushed([offer.account])
  return (
    <>
      <OfferEdits offer={offer} />
      <p className="undo-link">
        {pushed.has(offer.account) ? (
          <Link to={`/edits/undo?account=${offer.account}&ids=${offer.emag_id}`}>{t('undo.ofOffer')}</Link>
        ) : null}
      </p>
      <EditForm key={offer.version} offer={offer} />
    </>
  )
}

function EditForm({ offer }: { offer: Schemas['ProductDetail'] }) {
  const { t } = useTranslation('edits')
  const { t: common } = useTranslation()
  const [entries] = useState(() => entriesOf(offer))
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({})
  const changes = changesOf(entries, typed)
  const rates = useVatRates()
  // Prices with VAT are those of the rate that is chosen here.
  const vat = typed['vat_id'] ?? entries.find(({ field }) => field === 'vat_id')?.value ?? ''
  const rate = fractionOf(rates.of(offer.account), Number(vat)) ?? offer.vat_rate
  const saving = useSaving(offer, () => setTyped({}))
  const faults = saving.refusal?.kind === 'wrong' ? saving.refusal.faults : []
  const type = (key: string, value: string): void => {
    saving.forget()
    setTyped({ ...typed, [key]: value })
  }
  return (
    <Form
      layout="vertical"
      className="edit-form"
      onFinish={() => {
        if (changes !== null) saving.save(changes)
      }}
    >
      <p className="muted">{t('form.intro', { currency: offer.currency })}</p>
      {saving.refusal === null ? null : <Refused refusal={saving.refusal} onReload={saving.reload} />}
      <div className="edit-fields">
        {entries.map((entry) => (
          <EditField
            key={entry.key}
            entry={entry}
            many={entries.filter(({ field }) => field === entry.field).length > 1}
            value={typed[entry.key] ?? entry.value}
            currency={offer.currency}
            account={offer.account}
            rate={rate}
            faults={faultsOf(entry.field, faults)}
            onChange={(value) => type(entry.key, value)}
          />
        ))}
      </div>
      <p className="quick-buttons">
        <Button type="primary" htmlType="submit" disabled={changes === null} loading={saving.isSaving}>
          {common('save')}
        </Button>
        <Button
          disabled={changes === null}
          onClick={() => {
            saving.forget()
            setTyped({})
          }}
        >
          {common('cancel')}
        </Button>
      </p>
      {saving.question}
    </Form>
  )
}

interface FieldProps {
  entry: Entry
  /** Whether the field has more than one warehouse, so that this one's is named. */
  many: boolean
  value: string
  currency: string
  account: string
  /** The offer's VAT as a fraction, where it is known. */
  rate: string | null
  faults: ReturnType<typeof faultsOf>
  onChange: (value: string) => void
}

function EditField({ entry, many, value, currency, account, rate, faults, onChange }: FieldProps) {
  const { t } = useTranslation('edits')
  const words = useFieldWords()
  const label = words.field(entry.field, many ? entry.warehouse : null)
  const id = `edit-${entry.key}`
  const suffix = isAmount(entry.field) ? currency : entry.field === 'stock' ? t('pieces') : undefined
  return (
    <Form.Item
      label={label}
      htmlFor={entry.field === 'status' ? undefined : id}
      validateStatus={faults.length > 0 ? 'error' : undefined}
      help={faults.length > 0 ? faults.map(words.objection).join(' ') : undefined}
      extra={
        <Beside entry={entry} name={label} typed={value} currency={currency} rate={rate} onNet={onChange} />
      }
    >
      {entry.field === 'status' ? (
        <Radio.Group
          aria-label={label}
          value={value}
          options={['1', '0', '2'].map((status) => ({ value: status, label: words.value('status', status) }))}
          onChange={(event) => onChange(String(event.target.value))}
        />
      ) : entry.field === 'vat_id' ? (
        <VatChoice id={id} account={account} value={value} onChange={onChange} />
      ) : (
        <Input
          id={id}
          value={value}
          suffix={suffix}
          autoComplete="off"
          maxLength={20}
          inputMode={isAmount(entry.field) ? 'decimal' : 'text'}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Form.Item>
  )
}

interface BesideProps {
  entry: Entry
  name: string
  typed: string
  currency: string
  rate: string | null
  onNet: (typed: string) => void
}

/** What stands below an input: the price with VAT, what was understood. */
function Beside({ entry: { field }, name, typed, currency, rate, onNet }: BesideProps) {
  const { t } = useTranslation('edits')
  if (field === 'stock') return t('inline.stockHint')
  if (!isAmount(field)) return null
  return (
    <>
      <WithVat name={name} net={typed} rate={rate} currency={currency} onNet={onNet} />
      <Understood field={field} typed={typed} currency={currency} />
    </>
  )
}
