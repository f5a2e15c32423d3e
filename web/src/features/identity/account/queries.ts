import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { api, dataOf, type Schemas } from '../../../api/client.ts'

export type OwnSession = Schemas['OwnSession']
export type NewSecondFactor = Schemas['NewSecondFactor']
export interface Proof {
  password: string
  code: string
}

const OWN = 'own'

export function useSecondFactor() {
  return useQuery({
    queryKey: [OWN, 'second-factor'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/auth/second-factor', { signal })),
  })
}

export function useOwnSessions() {
  return useQuery({
    queryKey: [OWN, 'sessions'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/auth/sessions', { signal })),
    select: (answer) => answer.sessions,
  })
}

/** A change of one's own account; what is shown of it is looked up again, also after a refusal. */
function useOwnChange<Input, Output>(change: (input: Input) => Promise<Output>) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: change,
    onSettled: () => queryClient.invalidateQueries({ queryKey: [OWN] }),
  })
}

export function useBegin() {
  return useOwnChange((password: string) =>
    dataOf(api.POST('/api/v1/auth/second-factor', { body: { password } })),
  )
}

export function useConfirm() {
  return useOwnChange((code: string) =>
    dataOf(api.POST('/api/v1/auth/second-factor/confirm', { body: { code } })),
  )
}

export function useNewRecoveryCodes() {
  return useOwnChange((body: Proof) =>
    dataOf(api.POST('/api/v1/auth/second-factor/recovery-codes', { body })),
  )
}

export function useTurnOff() {
  return useOwnChange(async (body: Proof) => {
    await api.POST('/api/v1/auth/second-factor/off', { body })
  })
}

/** Ends one session, or all others where none is named. */
export function useEndSession() {
  return useOwnChange(async (id: number | null) => {
    if (id === null) await api.DELETE('/api/v1/auth/sessions')
    else await api.DELETE('/api/v1/auth/sessions/{session_id}', { params: { path: { session_id: id } } })
  })
}
