import { DatePicker } from 'antd'
import dayjs from 'dayjs'
import { useTranslation } from 'react-i18next'

/** Which day is looked at. Loaded only where one is chosen: a calendar is large. */
export default function DayChoice({ day, onChange }: { day: string; onChange: (day: string) => void }) {
  const { t } = useTranslation('home')
  return (
    <DatePicker
      aria-label={t('period.day')}
      allowClear={false}
      value={dayjs(day)}
      format="DD.MM.YYYY"
      maxDate={dayjs()}
      onChange={(chosen) => onChange((chosen ?? dayjs()).format('YYYY-MM-DD'))}
    />
  )
}
