import { createContext, useContext } from 'react'

import type { Schemas } from '../api/client.ts'

export type Me = Schemas['Me']
export type Role = Me['role']

const RANKS: readonly Role[] = ['viewer', 'operator', 'admin']

export interface Session {
  me: Me
  logout: () => Promise<void>
  /** Look up again who is logged in and what that person may do. */
  refresh: () => void
}

export const SessionContext = createContext<Session | null>(null)

export function allows(role: Role, needed: Role): boolean {
  return RANKS.indexOf(role) >= RANKS.indexOf(needed)
}

/** Who is logged in. Only below the login. */
export function useSession(): Session {
  const session = useContext(SessionContext)
  if (session === null) throw new Error('useSession outside of a session')
  return session
}

/** The role of whoever is logged in, and whether it allows what another role may do. */
export function useRole(): { role: Role; can: (needed: Role) => boolean } {
  const { role } = useSession().me
  return { role, can: (needed) => allows(role, needed) }
}
