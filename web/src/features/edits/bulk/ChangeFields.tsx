import { Button, Input, Radio } from 'antd'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'

import { changeBody, EMPTY_FORM, UNITS, waysOf, type ChangeBody, type ChangeForm } from './change.ts'
import { VatChoice } from '../offer/VatChoice.tsx'
import { Choice } from '../conflicts/Choice.tsx'
import { useFieldWords } from '../useFieldWords.ts'
import { EDITABLE_FIELDS, isAmount } from '../../../shared/fields.ts'

interface Props {
  busy: boolean
  /** What was previewed is not what is asked for any more. */
  onChange: () => void
  onPreview: (body: ChangeBody) => void
}

/** What is to become of every chosen offer. */
export function ChangeFields({ busy, onChange, onPreview }: Props) {
  const { t } = useTranslation('edits')
  const words = useFieldWords()
  const [form, setForm] = useState(EMPTY_FORM)
  const body = changeBody(form)
  const set = (change: Partial<ChangeForm>): void => {
    setForm({ ...form, ...change })
    onChange()
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (body !== null) onPreview(body)
  }
  const ways = waysOf(form.field)
  const way = ways.includes(form.way) ? form.way : 'set'
  return (
    <form onSubmit={submit} className="change-fields">
      <p className="muted">{t('change.intro')}</p>
      <div className="edit-filters">
        <Choice
          label={t('change.field')}
          value={form.field}
          values={EDITABLE_FIELDS}
          word={words.field}
          onChange={(field) => set({ field: field ?? 'sale_price', typed: '' })}
        />
        {ways.length > 1 ? (
          <Radio.Group
            optionType="button"
            aria-label={t('change.way')}
            value={way}
            options={ways.map((one) => ({ value: one, label: t(`change.ways.${one}`) }))}
            onChange={(event) => set({ way: event.target.value as ChangeForm['way'] })}
          />
        ) : null}
        {form.field === 'status' ? (
          <StatusChoice value={form.status} onChange={(status) => set({ status })} />
        ) : form.field === 'vat_id' ? (
          <VatChoice
            label={t('change.value')}
            account={null}
            value={form.typed}
            onChange={(typed) => set({ typed })}
          />
        ) : (
          <Amount form={form} isDifference={way !== 'set'} onChange={set} />
        )}
      </div>
      {isAmount(form.field) ? <p className="muted">{t('change.priceHint')}</p> : null}
      {form.field === 'stock' ? <p className="muted">{t('change.stockHint')}</p> : null}
      <p className="quick-buttons">
        <Button type="primary" htmlType="submit" disabled={body === null} loading={busy}>
          {t('change.preview')}
        </Button>
      </p>
    </form>
  )
}

interface AmountProps {
  form: ChangeForm
  isDifference: boolean
  onChange: (change: Partial<ChangeForm>) => void
}

function Amount({ form, isDifference, onChange }: AmountProps) {
  const { t } = useTranslation('edits')
  const price = isAmount(form.field)
  const isWrong = form.typed.trim() !== '' && changeBody({ ...form, warehouse: '' }) === null
  const label = t(isDifference ? 'change.amount' : 'change.value')
  return (
    <>
      <Input
        className="change-amount"
        aria-label={label}
        placeholder={label}
        value={form.typed}
        status={isWrong ? 'error' : ''}
        inputMode={price ? 'decimal' : 'numeric'}
        autoComplete="off"
        maxLength={16}
        suffix={form.field === 'stock' ? t('pieces') : undefined}
        onChange={(event) => onChange({ typed: event.target.value })}
      />
      {price && isDifference ? (
        <Radio.Group
          optionType="button"
          aria-label={t('change.unit')}
          value={form.unit}
          options={UNITS.map((unit) => ({ value: unit, label: t(`change.${unit}`) }))}
          onChange={(event) => onChange({ unit: event.target.value as ChangeForm['unit'] })}
        />
      ) : null}
      {form.field === 'stock' || form.field === 'handling_time' ? (
        <Warehouse value={form.warehouse} onChange={(warehouse) => onChange({ warehouse })} />
      ) : null}
      {isWrong ? (
        <span role="alert" className="change-wrong">
          {t(price ? 'change.wrong' : 'change.wrongWhole')}
        </span>
      ) : null}
    </>
  )
}

interface ValueProps<T extends string> {
  value: T
  onChange: (value: T) => void
}

function StatusChoice({ value, onChange }: ValueProps<ChangeForm['status']>) {
  const { t } = useTranslation('edits')
  const words = useFieldWords()
  return (
    <Radio.Group
      aria-label={t('change.value')}
      value={value}
      options={(['1', '0', '2'] as const).map((one) => ({ value: one, label: words.value('status', one) }))}
      onChange={(event) => onChange(event.target.value as ChangeForm['status'])}
    />
  )
}

function Warehouse({ value, onChange }: ValueProps<string>) {
  const { t } = useTranslation('edits')
  return (
    <label>
      {t('change.warehouse')}
      <Input
        className="change-warehouse"
        inputMode="numeric"
        autoComplete="off"
        maxLength={6}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  )
}
