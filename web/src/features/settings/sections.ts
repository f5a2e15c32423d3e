/** The sections of the settings in their order, for their own navigation and the command palette. */
export const SETTINGS_SECTIONS = [
  'accounts',
  'users',
  'tokens',
  'schedule',
  'notifications',
  'webhooks',
  'audit',
  'about',
] as const
export type SettingsSection = (typeof SETTINGS_SECTIONS)[number]
