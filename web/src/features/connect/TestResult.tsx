import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'

import { formatNumber, useErrorText } from '../../shared/index.ts'
import { SeenAddress } from '../../shared/SeenAddress.tsx'
import type { Connection } from './queries.ts'
import { outcomeOf, seenAddress, type Outcome } from './outcome.ts'

interface Props {
  name: string
  data: Connection | undefined
  error: Error | null
}

const NOT_THE_ACCOUNT: readonly Outcome[] = ['marketplace', 'network', 'machine']

/** What a connection test found, in plain words, with what to do; nothing before one was made. */
export function TestResult({ name, data, error }: Props) {
  const { t } = useTranslation('connect')
  const other = useErrorText(error)
  const account = name
  if (error !== null) {
    const outcome = outcomeOf(error)
    const ip = seenAddress(error)
    if (outcome === null) {
      return <Alert type="error" showIcon role="alert" title={other.title} description={other.detail} />
    }
    return (
      <Alert
        type={NOT_THE_ACCOUNT.includes(outcome) ? 'warning' : 'error'}
        showIcon
        role="alert"
        title={t(`outcome.${outcome}.title`, { account })}
        description={
          <>
            <p>{t(`outcome.${outcome}.detail`, { account })}</p>
            {outcome === 'ip' ? ip === null ? <p>{t('ipUnknown')}</p> : <SeenAddress ip={ip} /> : null}
          </>
        }
      />
    )
  }
  if (data === undefined) return null
  const { total_products } = data.data
  return (
    <Alert
      type="success"
      showIcon
      role="status"
      title={t('works', { account })}
      description={
        total_products === null
          ? null
          : t('offers', { count: total_products, formatted: formatNumber(total_products) })
      }
    />
  )
}
