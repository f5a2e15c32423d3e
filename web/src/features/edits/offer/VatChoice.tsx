import { Input, Select } from 'antd'

import { useVatRates } from '../../../shared/useVatRates.ts'

interface Props {
  id?: string
  label?: string
  /** Of which account; null for all. */
  account: string | null
  /** eMAG's number of the rate, as text; empty for none. */
  value: string
  onChange: (value: string) => void
}

/** A VAT rate by its rate and name; by its number where the account's rates were not read yet. */
export function VatChoice({ id, label, account, value, onChange }: Props) {
  const rates = useVatRates()
  const known = [...rates.of(account).keys()].map(String)
  const named = {
    ...(id === undefined ? {} : { id }),
    ...(label === undefined ? {} : { 'aria-label': label }),
  }
  if (known.length === 0) {
    return (
      <Input
        {...named}
        value={value}
        inputMode="numeric"
        autoComplete="off"
        maxLength={7}
        onChange={(event) => onChange(event.target.value)}
      />
    )
  }
  const choices = value === '' || known.includes(value) ? known : [...known, value]
  return (
    <Select
      {...named}
      value={value === '' ? null : value}
      placeholder={label}
      popupMatchSelectWidth={false}
      options={choices.map((one) => ({ value: one, label: rates.text(one, account) }))}
      onChange={(one: string) => onChange(one)}
    />
  )
}
