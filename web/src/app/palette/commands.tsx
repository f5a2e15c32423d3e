import {
  BulbOutlined,
  CloudSyncOutlined,
  LogoutOutlined,
  RightOutlined,
  TranslationOutlined,
  UserOutlined,
} from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { App } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'

import { api, dataOf } from '../../api/client.ts'
import { errorText, useRole, useSession } from '../../shared/index.ts'
import { chooseLanguage } from '../../shared/translations.ts'
import { EDITS_SECTIONS } from '../../features/edits/sections.ts'
import { roleFor, SETTINGS_SECTIONS } from '../../features/settings/sections.ts'
import { SECTIONS } from '../sections.tsx'
import { useTheme } from '../theme.tsx'

export interface Command {
  id: string
  label: string
  icon: ReactNode
  run: () => void
}

// The parts of sections, as their own navigation has them, with who may open each.
const PARTS = [
  ...EDITS_SECTIONS.map((name) => ({ section: 'edits', name, role: 'viewer' }) as const),
  ...SETTINGS_SECTIONS.map((name) => ({ section: 'settings', name, role: roleFor(name) }) as const),
]

/** The pages that whoever is logged in may open, sections first. */
export function usePages(): Command[] {
  const { t } = useTranslation(['common', 'edits', 'settings'])
  const { can } = useRole()
  const navigate = useNavigate()
  const to = (path: string) => () => void navigate(path)
  const parts = PARTS.filter(({ role }) => can(role)).map(({ section, name }) => ({
    id: `${section}/${name}`,
    label: `${t(`nav.${section}`)} › ${t(`${section}:sections.${name}`)}`,
    icon: <RightOutlined aria-hidden />,
    run: to(`/${section}/${name}`),
  }))
  return [
    ...SECTIONS.filter(({ role }) => can(role)).map(({ key, path, icon: Icon }) => ({
      id: key,
      label: t(`nav.${key}`),
      icon: <Icon aria-hidden />,
      run: to(path),
    })),
    ...parts,
    { id: 'account', label: t('menu.account'), icon: <UserOutlined aria-hidden />, run: to('/account') },
  ]
}

/** What can be done from everywhere. */
export function useActions(): Command[] {
  const { t, i18n } = useTranslation()
  const { can } = useRole()
  const { logout } = useSession()
  const { message, notification } = App.useApp()
  const { isDark, choose } = useTheme()
  const navigate = useNavigate()
  const accounts = useQuery({
    queryKey: ['accounts'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/emag/accounts', { signal })),
    enabled: can('operator'),
    staleTime: 300_000,
  })
  const start = async (account: string): Promise<void> => {
    try {
      const body = { account, skip_busy: account === 'all' }
      await api.POST('/api/v1/emag/products/sync', { body: body as never })
      void message.success(t('palette.started'))
      void navigate('/sync')
    } catch (error) {
      const { title, detail } = errorText(t, error)
      notification.error({ title, description: detail })
    }
  }
  const names = (accounts.data?.accounts ?? [])
    .filter(({ problem }) => problem === null)
    .map(({ account }) => account)
  const other = i18n.language === 'ro' ? 'en' : 'ro'
  return [
    ...(names.length > 1 ? ['all', ...names] : names).map((name) => ({
      id: `sync ${name}`,
      label: name === 'all' ? t('palette.syncAll') : t('palette.sync', { account: name }),
      icon: <CloudSyncOutlined aria-hidden />,
      run: () => void start(name),
    })),
    {
      id: 'theme',
      label: t(isDark ? 'palette.light' : 'palette.dark'),
      icon: <BulbOutlined aria-hidden />,
      run: () => choose(isDark ? 'light' : 'dark'),
    },
    {
      id: 'language',
      label: other === 'ro' ? 'Limba română' : 'English language',
      icon: <TranslationOutlined aria-hidden />,
      run: () => void chooseLanguage(other),
    },
    { id: 'logout', label: t('menu.logout'), icon: <LogoutOutlined aria-hidden />, run: () => void logout() },
  ]
}
