import {
  HistoryOutlined,
  HomeOutlined,
  SettingOutlined,
  SwapOutlined,
  SyncOutlined,
  TagsOutlined,
} from '@ant-design/icons'
import type { ComponentType } from 'react'

import type { Role } from '../shared/index.ts'

export interface Section {
  /** Its name is `nav.<key>` of the common texts. */
  key: 'home' | 'sync' | 'offers' | 'edits' | 'history' | 'settings'
  path: string
  icon: ComponentType<{ 'aria-hidden'?: boolean }>
  /** Who may open it. */
  role: Role
}

/** The page's sections in the order of the navigation; the command palette lists the same. */
export const SECTIONS: readonly Section[] = [
  { key: 'home', path: '/', icon: HomeOutlined, role: 'viewer' },
  { key: 'offers', path: '/offers', icon: TagsOutlined, role: 'viewer' },
  { key: 'edits', path: '/edits', icon: SwapOutlined, role: 'viewer' },
  { key: 'sync', path: '/sync', icon: SyncOutlined, role: 'viewer' },
  { key: 'history', path: '/history', icon: HistoryOutlined, role: 'viewer' },
  { key: 'settings', path: '/settings', icon: SettingOutlined, role: 'viewer' },
]
