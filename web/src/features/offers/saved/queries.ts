import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { api, dataOf, type Schemas } from '../../../api/client.ts'

export type SavedFilter = Schemas['SavedFilter']
export type SavedFilterBody = Schemas['SavedFilterBody']

const FILTERS = 'saved-filters'
const COLUMNS = ['preferences', 'offer_columns']

/** One's own saved filters, and the shared ones. */
export function useSavedFilters() {
  return useQuery({
    queryKey: [FILTERS],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/emag/saved-filters', { signal })),
    select: (answer) => answer.filters,
    staleTime: 60_000,
  })
}

/** Keeps a filter, in the place of the one of `id` if there is one. */
export function useKeepFilter() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, body }: { id: number | null; body: SavedFilterBody }) =>
      id === null
        ? dataOf(api.POST('/api/v1/emag/saved-filters', { body }))
        : dataOf(
            api.PUT('/api/v1/emag/saved-filters/{filter_id}', { params: { path: { filter_id: id } }, body }),
          ),
    onSuccess: () => client.invalidateQueries({ queryKey: [FILTERS] }),
  })
}

export function useRemoveFilter() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: number) =>
      api.DELETE('/api/v1/emag/saved-filters/{filter_id}', { params: { path: { filter_id: id } } }),
    onSettled: () => client.invalidateQueries({ queryKey: [FILTERS] }),
  })
}

/** The columns that whoever is logged in prefers; null for the usual, and while they are asked for. */
export function usePreferredColumns(): readonly string[] | null {
  const found = useQuery({
    queryKey: COLUMNS,
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/api/v1/emag/preferences/{name}', { params: { path: { name: 'offer_columns' } }, signal }),
      ),
    staleTime: 300_000,
  })
  return found.data?.value ?? null
}

/** Keeps them from now on; the table has them at once. */
export function usePreferColumns() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (value: string[] | null) =>
      dataOf(
        api.PUT('/api/v1/emag/preferences/{name}', {
          params: { path: { name: 'offer_columns' } },
          body: { value },
        }),
      ),
    onMutate: async (value) => {
      await client.cancelQueries({ queryKey: COLUMNS })
      client.setQueryData(COLUMNS, { value })
    },
    onError: () => client.invalidateQueries({ queryKey: COLUMNS }),
  })
}
