import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { api, dataOf, fetchOrThrow, type Schemas } from '../../../api/client.ts'
import { saveAnswer } from '../../../shared/download.ts'
import { EXPORT, type Reader } from './address.ts'

export type Preset = Schemas['Preset']
export type PresetBody = Schemas['PresetBody']
export type ExportColumn = NonNullable<Preset['columns']>[number]

const PRESETS = 'export-presets'

/** One's own presets of exports, and the shared ones. */
export function useExportPresets(needed: boolean) {
  return useQuery({
    queryKey: [PRESETS],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/emag/products/export-presets', { signal })),
    select: (answer) => answer.presets,
    enabled: needed,
  })
}

/** Keeps a preset, in the place of the one of `id` if there is one. */
export function useKeepPreset() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, body }: { id: number | null; body: PresetBody }) =>
      id === null
        ? dataOf(api.POST('/api/v1/emag/products/export-presets', { body }))
        : dataOf(
            api.PUT('/api/v1/emag/products/export-presets/{preset_id}', {
              params: { path: { preset_id: id } },
              body,
            }),
          ),
    onSuccess: () => client.invalidateQueries({ queryKey: [PRESETS] }),
  })
}

export function useRemovePreset() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: number) =>
      api.DELETE('/api/v1/emag/products/export-presets/{preset_id}', { params: { path: { preset_id: id } } }),
    onSettled: () => client.invalidateQueries({ queryKey: [PRESETS] }),
  })
}

/** Saves the chosen offers as a workbook. */
export function useExportChosen() {
  return useMutation({
    mutationFn: async ({ ids, reader }: { ids: readonly number[]; reader: Reader }) => {
      const address = new URL(EXPORT, window.location.origin)
      const body = JSON.stringify({ ids, format: 'xlsx', ...reader })
      const headers = { 'Content-Type': 'application/json' }
      await saveAnswer(
        await fetchOrThrow(new Request(address, { method: 'POST', body, headers })),
        'emagsync.xlsx',
      )
    },
  })
}
