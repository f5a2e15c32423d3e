import { useTranslation } from 'react-i18next'

import type { Role } from '../../../shared/index.ts'

const ROLES: readonly Role[] = ['viewer', 'operator', 'admin']

/** The roles to choose from, each with what it may do. */
export function useRoleOptions(): { value: Role; label: string }[] {
  const { t } = useTranslation('settings')
  return ROLES.map((role) => ({ value: role, label: t(`roles.${role}Text`) }))
}
