import { Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { readAmount, readWhole, typedAmount } from '../../../../shared/numbers.ts'

interface Props {
  label: string
  kind: 'amount' | 'whole'
  /** As the API has them; null is no bound. */
  from: string | null
  to: string | null
  onChange: (change: { from: string | null } | { to: string | null }) => void
}

/** Two bounds, in the reader's way of writing numbers; taken over on Enter or when the field is left. */
export function RangeField({ label, kind, from, to, onChange }: Props) {
  const { t } = useTranslation('offers')
  return (
    <fieldset className="range-field">
      <legend>{label}</legend>
      <Bound
        key={`from ${from}`}
        label={t('filters.from', { what: label })}
        placeholder={t('filters.fromShort')}
        kind={kind}
        value={from}
        onTake={(value) => onChange({ from: value })}
      />
      <span aria-hidden>–</span>
      <Bound
        key={`to ${to}`}
        label={t('filters.to', { what: label })}
        placeholder={t('filters.toShort')}
        kind={kind}
        value={to}
        onTake={(value) => onChange({ to: value })}
      />
    </fieldset>
  )
}

interface BoundProps {
  label: string
  placeholder: string
  kind: Props['kind']
  value: string | null
  onTake: (value: string | null) => void
}

function Bound({ label, placeholder, kind, value, onTake }: BoundProps) {
  const { t } = useTranslation('offers')
  const [text, setText] = useState(shown(value, kind))
  const [isWrong, setWrong] = useState(false)
  const take = (): void => {
    const meant = text.trim() === '' ? null : boundOf(text, kind)
    setWrong(meant === undefined)
    if (meant !== undefined && meant !== value) onTake(meant)
  }
  return (
    <span className="range-bound">
      <Input
        aria-label={label}
        aria-invalid={isWrong}
        placeholder={placeholder}
        inputMode="decimal"
        autoComplete="off"
        maxLength={20}
        status={isWrong ? 'error' : ''}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={take}
        onPressEnter={take}
      />
      {isWrong ? <span role="alert">{t(`filters.notA.${kind}`)}</span> : null}
    </span>
  )
}

function shown(value: string | null, kind: Props['kind']): string {
  return value === null ? '' : kind === 'amount' ? typedAmount(value) : value
}

/** The bound that a reader typed, as the API takes it; undefined for what is none. */
export function boundOf(typed: string, kind: Props['kind'], language?: string): string | undefined {
  if (kind === 'whole') {
    const read = readWhole(typed, language)
    return read === null || read.value < 1 ? undefined : String(read.value)
  }
  const read = readAmount(typed, language)
  return read === null || !/^\d{1,10}(\.\d{1,4})?$/.test(read.amount) ? undefined : read.amount
}
