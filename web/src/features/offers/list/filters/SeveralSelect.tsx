import { Select } from 'antd'
import type { ReactNode } from 'react'

import { formatNumber } from '../../../../shared/index.ts'

interface Props<T extends string> {
  label: string
  value: readonly T[]
  options: readonly { value: T; label: string; note?: ReactNode }[]
  onChange: (values: T[]) => void
  /** Where the server finds the options: what is typed. Otherwise those here are searched. */
  onSearch?: (text: string) => void
  loading?: boolean
  /** Under the options: that there are more. */
  more?: ReactNode
}

/** Any number of values of one filter. What is chosen stands among the chips; here only how many that is. */
export function SeveralSelect<T extends string>(props: Props<T>) {
  const { label, value, options, onChange, onSearch, loading = false, more } = props
  return (
    <Select<T[]>
      mode="multiple"
      aria-label={label}
      placeholder={label}
      value={[...value]}
      options={options.map((option) => ({ ...option, title: option.label }))}
      optionFilterProp="label"
      {...(onSearch === undefined ? {} : { filterOption: false, onSearch })}
      loading={loading}
      maxTagCount={0}
      maxTagPlaceholder={`${label}: ${formatNumber(value.length)}`}
      popupMatchSelectWidth={false}
      optionRender={({ data }) => (
        <span className="filter-option">
          <span>{data.label}</span>
          {data.note === undefined ? null : <span className="muted">{data.note}</span>}
        </span>
      )}
      popupRender={(menu) => (
        <>
          {menu}
          {more}
        </>
      )}
      onChange={(values) => {
        onSearch?.('')
        onChange(values)
      }}
    />
  )
}
