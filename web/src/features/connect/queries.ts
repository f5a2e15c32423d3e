import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { api, dataOf, type Schemas } from '../../api/client.ts'

export type Account = Schemas['AccountView']
export type NewAccount = Schemas['NewAccount']
export type AccountChange = Schemas['AccountChange']
export type Connection = Schemas['ConnectionView']

const ACCOUNTS_KEY = ['accounts'] as const

/** The accounts, and whether one may have another address than eMAG's own. */
export function useAccountList() {
  return useQuery({
    queryKey: ACCOUNTS_KEY,
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/emag/accounts', { signal })),
  })
}

/** A change of an account, after which everything that depends on the accounts is read again. */
function useAccountChange<Input, Output>(change: (input: Input) => Promise<Output>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: change,
    onSuccess: () =>
      Promise.all(
        [ACCOUNTS_KEY, ['budgets'], ['statistics'], ['settings', 'schedules']].map((queryKey) =>
          client.invalidateQueries({ queryKey }),
        ),
      ),
  })
}

export function useAddAccount() {
  return useAccountChange((body: NewAccount) => dataOf(api.POST('/api/v1/emag/accounts', { body })))
}

export function useChangeAccount() {
  return useAccountChange(({ name, body }: { name: string; body: AccountChange }) =>
    api.PATCH('/api/v1/emag/accounts/{account}', { params: { path: { account: name } }, body }),
  )
}

export function useRemoveAccount() {
  return useAccountChange(({ name, offers }: { name: string; offers: 'keep' | 'delete' }) =>
    api.DELETE('/api/v1/emag/accounts/{account}', {
      params: { path: { account: name }, query: { offers } },
    }),
  )
}

/** Asks eMAG whether it lets the account in. */
export function useTest() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (name: string): Promise<Connection> =>
      dataOf(api.POST('/api/v1/emag/products/test-connection', { params: { query: { account: name } } })),
    onSettled: () => client.invalidateQueries({ queryKey: ACCOUNTS_KEY }),
  })
}
