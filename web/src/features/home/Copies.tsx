import { CheckCircleOutlined, ExclamationCircleOutlined } from '@ant-design/icons'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { formatAge, formatDate } from '../../shared/index.ts'
import type { CopyAge } from './queries.ts'

/** How old the data is, account by account, and whether a certificate says that it is complete. */
export function Copies({ copies }: { copies: readonly CopyAge[] }) {
  return (
    <ul className="home-copies">
      {copies.map((copy) => (
        <li key={copy.account}>
          <Copy copy={copy} />
        </li>
      ))}
    </ul>
  )
}

function Copy({ copy }: { copy: CopyAge }) {
  const { t } = useTranslation('home')
  const { account, run_id: run, verdict, read_at: at } = copy
  if (run === null || verdict === null) {
    return (
      <>
        <ExclamationCircleOutlined aria-hidden /> {t('copies.never', { account })}{' '}
        <Link to="/sync">{t('copies.start')}</Link>
      </>
    )
  }
  const isWhole = verdict === 'complete' || verdict === 'complete_with_unreadable_rows'
  const Icon = isWhole ? CheckCircleOutlined : ExclamationCircleOutlined
  return (
    <>
      <Icon aria-hidden />{' '}
      <span title={formatDate(at, 'full')}>{t('copies.age', { account, age: formatAge(at) })}</span>{' '}
      <Link to={`/history/${run}`}>{t(`copies.${verdict}`)}</Link>
    </>
  )
}
