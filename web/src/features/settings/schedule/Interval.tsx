import { Button, InputNumber, Select, Space } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { formatDate, formatNumber } from '../../../shared/index.ts'
import type { Schedule } from '../queries.ts'
import { inUnits, LONGEST_SECONDS, UNITS, type Unit } from './interval.ts'

interface Props {
  job: Schedule
  label: string
  onSave: (seconds: number) => void
}

/** How often a job is done, in words; and another number, once it is asked for. */
export function Interval({ job, label, onSave }: Props) {
  const { t } = useTranslation('settings')
  const [isEdited, setEdited] = useState(false)
  if (isEdited) {
    return (
      <Edited
        seconds={job.interval_seconds}
        label={label}
        onDone={(seconds) => {
          setEdited(false)
          if (seconds !== null && seconds !== job.interval_seconds) onSave(seconds)
        }}
      />
    )
  }
  return (
    <>
      <Words job={job} />{' '}
      <Button type="link" size="small" aria-label={label} onClick={() => setEdited(true)}>
        {t('edit')}
      </Button>
    </>
  )
}

function Words({ job }: { job: Schedule }) {
  const { t } = useTranslation('settings')
  const { interval_seconds: seconds, next_run_at: next } = job
  const { count, unit } = inUnits(seconds)
  if (unit === 'days' && count === 1 && next !== null)
    return t('schedule.dailyAt', { time: formatDate(next, 'time') })
  return t(`schedule.every.${unit}`, { count, formatted: formatNumber(count) })
}

function Edited({
  seconds,
  label,
  onDone,
}: {
  seconds: number
  label: string
  onDone: (seconds: number | null) => void
}) {
  const { t } = useTranslation('settings')
  const given = inUnits(seconds)
  const [count, setCount] = useState<number | null>(given.count)
  const [unit, setUnit] = useState<Unit>(given.unit)
  // Limited only when it is saved: the number may be typed before its unit is chosen.
  const save = (): void => onDone(count === null ? null : Math.min(count * UNITS[unit], LONGEST_SECONDS))
  return (
    <Space.Compact>
      <InputNumber
        aria-label={label}
        autoFocus
        min={1}
        precision={0}
        value={count}
        onChange={setCount}
        onPressEnter={save}
      />
      <Select
        aria-label={t('schedule.unit')}
        value={unit}
        options={(Object.keys(UNITS) as Unit[]).map((value) => ({
          value,
          label: t(`schedule.units.${value}`),
        }))}
        onChange={setUnit}
      />
      <Button type="primary" onClick={save}>
        {t('common:save')}
      </Button>
    </Space.Compact>
  )
}
