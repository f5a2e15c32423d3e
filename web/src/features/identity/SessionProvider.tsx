import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'

import { api, ApiError, dataOf, isApiError } from '../../api/client.ts'
import { pathOf } from '../../api/root.ts'
import { onSessionEnd } from '../../api/session.ts'
import { SessionContext, type Me } from '../../shared/session.tsx'
import { ErrorState } from '../../shared/states.tsx'
import { FIRST_ADMIN_PATH, FirstAdminPage } from './FirstAdminPage.tsx'
import { LoginPage } from './LoginPage.tsx'
import { SessionEndedDialog } from './SessionEndedDialog.tsx'

type State =
  { kind: 'asking' } | { kind: 'out' } | { kind: 'in'; me: Me } | { kind: 'failed'; error: ApiError }

// The cookie cannot be seen from here. Whether there should be one is remembered, so that a first visit does not begin
// with a refusal.
const REMEMBERED = 'emagsync.session'

async function whoAmI(): Promise<State> {
  if (localStorage.getItem(REMEMBERED) === null) return { kind: 'out' }
  try {
    return { kind: 'in', me: await dataOf(api.GET('/api/v1/auth/me')) }
  } catch (error) {
    if (!isApiError(error)) throw error
    return error.status === 401 ? { kind: 'out' } : { kind: 'failed', error }
  }
}

/** The login; or, while the server waits for its first admin, the way to make that one. */
function Welcome({ onEnter }: { onEnter: (me: Me) => void }) {
  const setup = useQuery({
    queryKey: ['setup'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/auth/setup', { signal })),
    retry: false,
  })
  if (pathOf(window.location.href) === FIRST_ADMIN_PATH) {
    if (setup.isPending) return null
    if (setup.data?.open) return <FirstAdminPage onMade={onEnter} />
  }
  return <LoginPage onLogin={onEnter} isFirst={setup.data?.open ?? false} />
}

/** Shows the login until somebody is logged in; when the session ends under way, asks for a new one over the page. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const queryClient = useQueryClient()
  const [state, setState] = useState<State>({ kind: 'asking' })
  const [hasEnded, setHasEnded] = useState(false)
  const waiting = useRef<((renewed: boolean) => void) | null>(null)
  const isIn = state.kind === 'in'

  const ask = useCallback(() => void whoAmI().then(setState), [])
  useEffect(ask, [ask])

  useEffect(() => {
    if (!isIn) return undefined
    return onSessionEnd(
      () =>
        new Promise((resolve) => {
          waiting.current = resolve
          setHasEnded(true)
        }),
    )
  }, [isIn])

  const enter = useCallback((me: Me) => {
    localStorage.setItem(REMEMBERED, me.username)
    setHasEnded(false)
    setState({ kind: 'in', me })
  }, [])

  const leave = useCallback(() => {
    localStorage.removeItem(REMEMBERED)
    setHasEnded(false)
    setState({ kind: 'out' })
    queryClient.clear()
  }, [queryClient])

  const session = useMemo(() => {
    if (state.kind !== 'in') return null
    const logout = async () => {
      await api.POST('/api/v1/auth/logout')
      leave()
    }
    return { me: state.me, logout, refresh: ask }
  }, [state, leave, ask])

  if (state.kind === 'asking') return null
  if (state.kind === 'failed') {
    return (
      <main className="login">
        <ErrorState error={state.error} onRetry={ask} />
      </main>
    )
  }
  if (session === null) return <Welcome onEnter={enter} />
  return (
    <SessionContext value={session}>
      {children}
      {hasEnded ? (
        <SessionEndedDialog
          username={session.me.username}
          onLogin={(me) => {
            enter(me)
            waiting.current?.(true)
          }}
          onLeave={() => {
            waiting.current?.(false)
            leave()
          }}
        />
      ) : null}
    </SessionContext>
  )
}
