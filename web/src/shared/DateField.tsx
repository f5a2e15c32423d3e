import { DatePicker } from 'antd'
import dayjs from 'dayjs'
import { useTranslation } from 'react-i18next'

const WRITTEN = { ro: 'DD.MM.YYYY', en: 'DD/MM/YYYY' } as const

interface Props {
  label: string
  /** `2026-01-31`, with a time `2026-01-31T08:30`; empty for none. */
  value: string
  onChange: (value: string) => void
  withTime?: boolean
}

/** A day, or a day and a time, in the reader's language rather than the browser's. */
export function DateField({ label, value, onChange, withTime = false }: Props) {
  const { i18n } = useTranslation()
  const written = WRITTEN[i18n.language === 'ro' ? 'ro' : 'en']
  return (
    <label className="date-field">
      {label}{' '}
      <DatePicker
        aria-label={label}
        value={value === '' ? null : dayjs(value)}
        format={withTime ? `${written} HH:mm` : written}
        showTime={withTime ? { format: 'HH:mm' } : false}
        onChange={(day) =>
          onChange(day === null ? '' : day.format(withTime ? 'YYYY-MM-DDTHH:mm' : 'YYYY-MM-DD'))
        }
      />
    </label>
  )
}
