import { Select } from 'antd'
import { useTranslation } from 'react-i18next'

import { useAccounts } from '../queries.ts'

const ANY = 'any'

interface Props<T extends string> {
  label: string
  /** What stands for no choice; without it there is always one. */
  any?: string
  value: T | null
  values: readonly T[]
  word?: (value: T) => string
  onChange: (value: T | null) => void
}

/** A filter of a list. */
export function Choice<T extends string>({ label, any, value, values, word, onChange }: Props<T>) {
  const known = value === null || values.includes(value) ? values : [...values, value]
  const options = known.map((one) => ({ value: one as string, label: word?.(one) ?? one }))
  return (
    <Select<string>
      aria-label={label}
      value={value ?? (any === undefined ? undefined : ANY)}
      options={any === undefined ? options : [{ value: ANY, label: any }, ...options]}
      onChange={(chosen) => onChange(known.find((one) => one === chosen) ?? null)}
    />
  )
}

/** The account that a list is about. */
export function AccountChoice({
  value,
  onChange,
}: {
  value: string | null
  onChange: (account: string | null) => void
}) {
  const { t } = useTranslation('edits')
  const names = (useAccounts().data ?? []).map((account) => account.account)
  return (
    <Choice
      label={t('filters.account')}
      any={t('filters.allAccounts')}
      value={value}
      values={names}
      onChange={onChange}
    />
  )
}
