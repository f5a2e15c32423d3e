import { useTranslation } from 'react-i18next'

import { formatNumber } from '../../shared/index.ts'

const HOUR = 60
const DAY = 24 * HOUR

/** How often a source is read, in words; null: when somebody asks. */
export function useEvery(): (minutes: number | null) => string {
  const { t } = useTranslation('sources')
  return (minutes) => {
    if (minutes === null) return t('every.never')
    const [unit, size] =
      minutes % DAY === 0
        ? (['days', DAY] as const)
        : minutes % HOUR === 0
          ? (['hours', HOUR] as const)
          : (['minutes', 1] as const)
    const count = minutes / size
    return t(`every.${unit}`, { count, formatted: formatNumber(count) })
  }
}
