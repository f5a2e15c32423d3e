import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { api, dataOf, type Schemas } from '../../../api/client.ts'
import type { TargetSetting } from './targets.ts'

const KEY = ['freshness'] as const
const SECONDS = 30

/** How old the offers of every account are; ages grow by themselves. */
export function useFreshness() {
  return useQuery({
    queryKey: KEY,
    queryFn: () => dataOf(api.GET('/api/v1/freshness')),
    refetchInterval: SECONDS * 1000,
  })
}

/** Sets the targets of an account; none goes back to those that follow from the schedule. */
export function useSetTargets(account: string) {
  const client = useQueryClient()
  const params = { path: { account } }
  return useMutation({
    mutationFn: (targets: TargetSetting[]) =>
      targets.length > 0
        ? dataOf(
            api.PUT('/api/v1/freshness/{account}/targets', {
              params,
              body: { targets: targets as Schemas['TargetSetting'][] },
            }),
          )
        : dataOf(api.DELETE('/api/v1/freshness/{account}/targets', { params })),
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  })
}
