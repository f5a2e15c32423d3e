import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { ADDRESS } from '../../api/root.ts'
import { api, dataOf, fetchOrThrow, type Schemas } from '../../api/client.ts'
import { EDITS, OFFERS } from '../../shared/query-keys.ts'

export type Source = Schemas['Source']
export type SourceRequest = Schemas['SourceRequest']
export type SourceField = Schemas['SourceField']
export type KeyField = Schemas['KeyField']
export type Look = Schemas['Look']
export type FormatSettings = Schemas['FormatSettings']
export type Reading = Schemas['Reading']
export type ReadingRow = Schemas['ReadingRow']
export type RowKind = Schemas['RowKind']

const SOURCES = 'sources'
// Sources are read by themselves, and nothing tells the page: it asks while it may be looked at.
const LOOK_MS = 5000
const ROWS_A_PAGE = 50
/** So many edits of a reading are asked about at most, as many as one call gives. */
const MOST_EDITS = 1000

export function useSources() {
  return useQuery({
    queryKey: [SOURCES, 'list'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/sources', { signal })),
    refetchInterval: LOOK_MS,
  })
}

/** The names of the accounts whose offers a source can change. */
export function useAccountNames(): readonly string[] {
  const found = useQuery({
    queryKey: ['accounts'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/emag/accounts', { signal })),
    staleTime: 60_000,
  })
  return found.data?.accounts.map(({ account }) => account) ?? []
}

/** Readings, newest first: of one source, or of all. */
export function useReadings(sourceId: string | null) {
  return useInfiniteQuery({
    queryKey: [SOURCES, 'readings', sourceId],
    queryFn: ({ pageParam, signal }) => {
      const query = { cursor: pageParam }
      if (sourceId === null) return dataOf(api.GET('/api/v1/sources/readings', { params: { query }, signal }))
      const path = { source_id: sourceId }
      return dataOf(api.GET('/api/v1/sources/{source_id}/readings', { params: { path, query }, signal }))
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    refetchInterval: LOOK_MS,
  })
}

interface OfReading {
  readonly sourceId: string
  readonly readingId: number
}

export function useReading({ sourceId, readingId }: OfReading) {
  return useQuery({
    queryKey: [SOURCES, 'reading', sourceId, readingId],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/api/v1/sources/{source_id}/readings/{reading_id}', {
          params: { path: { source_id: sourceId, reading_id: readingId } },
          signal,
        }),
      ),
    refetchInterval: (query) => (query.state.data?.status === 'running' ? LOOK_MS : false),
  })
}

export function useReadingRows({ sourceId, readingId }: OfReading, kind: RowKind | null) {
  return useInfiniteQuery({
    queryKey: [SOURCES, 'rows', sourceId, readingId, kind],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET('/api/v1/sources/{source_id}/readings/{reading_id}/rows', {
          params: {
            path: { source_id: sourceId, reading_id: readingId },
            query: { kind, limit: ROWS_A_PAGE, cursor: pageParam },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  })
}

const STATES = [
  'open',
  'conflict',
  'applied',
  'settled',
  'lost',
  'rejected',
  'replaced',
  'withdrawn',
] as const
export type EditState = (typeof STATES)[number]

/** The edits that a reading made, whatever became of them. */
export function useEditsOf(batchId: string | null) {
  return useQuery({
    queryKey: [EDITS, 'of-reading', batchId],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/api/v1/emag/edits', {
          params: { query: { batch_id: batchId, state: [...STATES], limit: MOST_EDITS } },
          signal,
        }),
      ),
    enabled: batchId !== null,
    refetchInterval: LOOK_MS,
    select: (answer) => answer.edits,
  })
}

/** A change after which everything about sources is read again, and with `edits` what they change, too. */
function useSourceChange<Input, Output>(change: (input: Input) => Promise<Output>, edits = false) {
  const client = useQueryClient()
  const keys = edits ? [SOURCES, EDITS, OFFERS] : [SOURCES]
  return useMutation({
    mutationFn: change,
    onSettled: () => Promise.all(keys.map((key) => client.invalidateQueries({ queryKey: [key] }))),
  })
}

/** Adds a source, or changes the one with this id, whose kind stays. */
export function useSaveSource(id: string | null) {
  return useSourceChange((body: SourceRequest) => {
    if (id === null) return dataOf(api.POST('/api/v1/sources', { body }))
    const change: Schemas['SourceChange'] & { kind?: unknown } = { ...body }
    delete change.kind
    return dataOf(
      api.PATCH('/api/v1/sources/{source_id}', { params: { path: { source_id: id } }, body: change }),
    )
  })
}

export function useChangeSource(id: string) {
  return useSourceChange((body: Schemas['SourceChange']) =>
    dataOf(api.PATCH('/api/v1/sources/{source_id}', { params: { path: { source_id: id } }, body })),
  )
}

/** Deletes a source. Its own readings are not asked for again: they are gone with it. */
export function useRemoveSource(id: string) {
  const client = useQueryClient()
  const shown = [
    [SOURCES, 'list'],
    [SOURCES, 'readings', null],
  ]
  return useMutation({
    mutationFn: () => api.DELETE('/api/v1/sources/{source_id}', { params: { path: { source_id: id } } }),
    onSettled: () => Promise.all(shown.map((queryKey) => client.invalidateQueries({ queryKey }))),
  })
}

/** Reads a source now. */
export function useReadNow() {
  return useSourceChange(
    ({ id, force }: { id: string; force: boolean }) =>
      dataOf(
        api.POST('/api/v1/sources/{source_id}/read', {
          params: { path: { source_id: id } },
          body: { force },
        }),
      ),
    true,
  )
}

/** Sends a file as a source's. */
export function useSendFile() {
  return useSourceChange(
    ({ id, file, force }: { id: string; file: File; force: boolean }) =>
      post<Reading>(`${ADDRESS}/api/v1/sources/${id}/file`, file, { name: file.name.slice(0, 200), force }),
    true,
  )
}

export function useApply({ sourceId, readingId }: OfReading) {
  return useSourceChange(
    (confirm: boolean) =>
      dataOf(
        api.POST('/api/v1/sources/{source_id}/readings/{reading_id}/apply', {
          params: { path: { source_id: sourceId, reading_id: readingId } },
          body: { confirm },
        }),
      ),
    true,
  )
}

/** What is looked at: a file at an address, or one of the reader's own. */
export type LookAt =
  { readonly place: Schemas['LookRequest'] } | { readonly file: File; readonly format: FormatSettings }

/** Says what a file is. Nothing is stored. */
export function useLook() {
  return useMutation({
    mutationFn: (at: LookAt): Promise<Look> => {
      if ('place' in at) return dataOf(api.POST('/api/v1/sources/look', { body: at.place }))
      const { format, encoding, separator, has_headings, row_path } = at.format
      const query = { format, encoding, separator, has_headings, row_path }
      return post<Look>(`${ADDRESS}/api/v1/sources/look/file`, at.file, query)
    },
  })
}

/** Sends a file as it is: the generated client would write it as JSON. */
async function post<Answer>(
  at: string,
  file: File,
  query: Readonly<Record<string, string | boolean | null | undefined>>,
): Promise<Answer> {
  const address = new URL(at)
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined) address.searchParams.set(name, String(value))
  }
  const headers = { 'content-type': 'application/octet-stream' }
  const answer = await fetchOrThrow(new Request(address, { method: 'POST', body: file, headers }))
  return (await answer.json()) as Answer
}
