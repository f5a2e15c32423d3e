import { SearchOutlined } from '@ant-design/icons'
import { useTranslation } from 'react-i18next'
import { Link, NavLink } from 'react-router'

import { ROOT } from '../api/root.ts'
import { useRole } from '../shared/index.ts'
import './navigation.css'
import { openPalette } from './palette/open.ts'
import { SECTIONS } from './sections.tsx'
import { UserMenu } from './UserMenu.tsx'

/**
 * The way to every section: at the left on wide screens; on narrow ones a bar at the bottom, with what else there is
 * in a bar at the top.
 */
export function Navigation() {
  const { t } = useTranslation()
  const { can } = useRole()
  return (
    <div className="sidebar">
      <Link to="/" className="brand" aria-label="emagsync">
        <img src={`${ROOT}/icon.svg`} alt="" width={28} height={28} />
        <span className="brand-name">emagsync</span>
      </Link>
      <button type="button" className="palette-button" onClick={openPalette} aria-keyshortcuts="Control+K">
        <SearchOutlined aria-hidden />
        <span>{t('palette.open')}</span>
        <kbd aria-hidden="true">Ctrl K</kbd>
      </button>
      <nav aria-label={t('nav.label')}>
        {SECTIONS.filter(({ role }) => can(role)).map(({ key, path, icon: Icon }) => (
          <NavLink key={key} to={path} end={path === '/'}>
            <Icon aria-hidden />
            <span>{t(`nav.${key}`)}</span>
          </NavLink>
        ))}
      </nav>
      <UserMenu />
    </div>
  )
}
