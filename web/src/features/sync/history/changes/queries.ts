import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { api, dataOf, type Schemas } from '../../../../api/client.ts'
import type { ChangeKind } from '../../../../shared/happened.ts'
import { HISTORY } from '../queries.ts'

/** What is and what would be, or was and is, by the field's name. */
export type Fields = Readonly<Record<string, readonly (string | null)[]>>
export type ChangedOffer = Omit<Schemas['ChangedOffer'], 'fields'> & { fields: Fields }
export interface RunChangesPage {
  data: Omit<Schemas['RunChangesData'], 'items'> & { items: ChangedOffer[] }
}
export type PreviewDifference = Omit<Schemas['PreviewDifference'], 'foreseen' | 'happened'> & {
  foreseen: Fields
  happened: Fields
}

const OFFERS_A_PAGE = 100

/** What a run changed, or a dry run would have, in the order of the offers' ids; of one kind or of any. */
export function useRunChanges(runId: string, kind: ChangeKind | null) {
  return useInfiniteQuery({
    queryKey: [HISTORY, 'changes', runId, kind],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET('/api/v1/emag/products/sync/{any_id}/changes', {
          params: {
            path: { any_id: runId },
            query: { after: pageParam, limit: OFFERS_A_PAGE, ...(kind === null ? {} : { kind: [kind] }) },
          },
          signal,
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (last) => last.data.next_after,
  })
}

/** Do what a dry run previewed. */
export function useApply() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (runId: string) =>
      dataOf(api.POST('/api/v1/emag/products/sync/{any_id}/apply', { params: { path: { any_id: runId } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: [HISTORY] }),
  })
}

/** What a run did otherwise than the dry run that it applied said. */
export function usePreviewComparison(runId: string) {
  return useQuery({
    queryKey: [HISTORY, 'preview', runId],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/api/v1/emag/products/sync/{any_id}/preview', {
          params: { path: { any_id: runId } },
          signal,
        }),
      ),
    select: (answer) => answer.data,
  })
}
