import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { useRole } from './session.tsx'
import { EmptyState } from './states.tsx'

/** What a section shows that has nothing to show before an eMAG account is connected. */
export function NoAccounts() {
  const { t } = useTranslation('common')
  const { can } = useRole()
  return (
    <EmptyState
      title={t('noAccounts.title')}
      detail={t(can('admin') ? 'noAccounts.detail' : 'noAccounts.ask')}
      action={can('admin') ? <Link to="/connect">{t('noAccounts.add')}</Link> : null}
    />
  )
}
