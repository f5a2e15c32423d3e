import { useTranslation } from 'react-i18next'
import { NavLink } from 'react-router'

import './history-tabs.css'

/** The two lists of what ran before: syncs, and readings of sources. Each is a feature's own page. */
export function HistoryTabs() {
  const { t } = useTranslation('common')
  return (
    <nav aria-label={t('historyTabs.label')} className="history-tabs">
      <NavLink to="/history" end>
        {t('historyTabs.syncs')}
      </NavLink>
      <NavLink to="/history/sources">{t('historyTabs.sources')}</NavLink>
    </nav>
  )
}
