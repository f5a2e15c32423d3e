import type { Role } from '../../shared/index.ts'

/** The sections of the settings in their order, for their own navigation and the command palette. */
export const SETTINGS_SECTIONS = [
  'accounts',
  'users',
  'tokens',
  'sources',
  'schedule',
  'notifications',
  'webhooks',
  'audit',
  'about',
] as const
export type SettingsSection = (typeof SETTINGS_SECTIONS)[number]

/** Who may open a section: all are for admins, but where a shop's stock comes from is for everybody to see. */
export function roleFor(section: SettingsSection): Role {
  return section === 'sources' ? 'viewer' : 'admin'
}
