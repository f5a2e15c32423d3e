/** A source as its form has it: every answer there, empty where nothing was said. Pure. */
import type { Schemas } from '../../../api/client.ts'
import type { FormatSettings, KeyField, Look, Source, SourceField, SourceRequest } from '../queries.ts'

/** How a server is told who fetches the file. `kept`: by the login that is stored, which is shown nowhere. */
export const LOGIN_WAYS = ['none', 'kept', 'password', 'key', 'header'] as const
export type LoginWay = (typeof LOGIN_WAYS)[number]

export interface Draft {
  name: string
  account: string | null
  kind: Source['kind']
  address: string
  login_way: LoginWay
  username: string
  password: string
  private_key: string
  header_name: string
  header_value: string
  format: FormatSettings
  /** Fields by heading, as far as people have said so; null: the heading is not read. */
  corrections: Readonly<Record<string, SourceField | null>>
  /** Whether the other headings are guessed; else they are not read. */
  is_guessed: boolean
  key: KeyField | null
  mode: Source['mode']
  missing_means: Source['missing_means']
  most_shrink_percent: number
  interval_minutes: number | null
  enabled: boolean
}

export const KEYS: readonly KeyField[] = ['emag_id', 'part_number', 'part_number_key', 'ean']
const ABOUT: readonly SourceField[] = [...KEYS, 'account', 'warehouse_id', 'currency']
/** In the order in which they are offered. */
export const FIELDS: readonly SourceField[] = [
  'part_number',
  'ean',
  'part_number_key',
  'emag_id',
  'stock',
  'sale_price',
  'recommended_price',
  'min_sale_price',
  'max_sale_price',
  'handling_time',
  'status',
  'vat_id',
  'warehouse_id',
  'currency',
  'account',
]
const AS_THE_FILE_SHOWS: FormatSettings = {
  format: null,
  encoding: null,
  separator: null,
  decimal: null,
  has_headings: true,
  row_path: null,
}
/** Half a file is refused, as the server does where nothing is said. */
const USUAL_SHRINK = 50
const USUAL_MINUTES = 60

export function newDraft(account: string | null): Draft {
  return {
    name: '',
    account,
    kind: 'https',
    address: '',
    login_way: 'none',
    ...NO_SECRETS,
    format: AS_THE_FILE_SHOWS,
    corrections: {},
    is_guessed: true,
    key: null,
    mode: 'preview',
    missing_means: 'nothing',
    most_shrink_percent: USUAL_SHRINK,
    interval_minutes: USUAL_MINUTES,
    enabled: true,
  }
}

const NO_SECRETS = {
  username: '',
  password: '',
  private_key: '',
  header_name: 'Authorization',
  header_value: '',
}

export function draftOf(source: Source): Draft {
  const hasLogin =
    source.username !== null ||
    source.has_password ||
    source.has_private_key ||
    source.header_names.length > 0
  return {
    ...NO_SECRETS,
    name: source.name,
    account: source.account,
    kind: source.kind,
    address: source.address ?? '',
    login_way: hasLogin ? 'kept' : 'none',
    format: { ...AS_THE_FILE_SHOWS, ...source.format },
    corrections: source.columns ?? {},
    is_guessed: source.columns === null,
    key: source.key,
    mode: source.mode,
    missing_means: source.missing_means,
    most_shrink_percent: source.most_shrink_percent,
    interval_minutes: source.interval_minutes,
    enabled: source.enabled,
  }
}

/** The ways in which a server of a kind may ask who fetches; with a login that is stored, to keep that. */
export function loginWays(kind: Draft['kind'], isKept: boolean): readonly LoginWay[] {
  const kept: readonly LoginWay[] = isKept ? ['kept'] : []
  if (kind === 'sftp') return [...kept, 'password', 'key']
  return kind === 'https' ? [...kept, 'none', 'password', 'header'] : []
}

/** The way that is in force: the chosen one, or the first where a server of this kind has no such way. */
export function wayOf({ kind, login_way }: Pick<Draft, 'kind' | 'login_way'>): LoginWay | null {
  const ways = loginWays(kind, login_way === 'kept')
  return ways.includes(login_way) ? login_way : (ways[0] ?? null)
}

/** The login to be sent; undefined: what is stored stays. */
function loginOf(draft: Draft): Schemas['SourceLogin'] | null | undefined {
  const { username, password, private_key, header_name, header_value } = draft
  switch (wayOf(draft)) {
    case 'kept':
      return undefined
    case 'none':
    case null:
      return null
    case 'password':
      return { username: username.trim(), password }
    case 'key':
      return { username: username.trim(), private_key }
    case 'header':
      return { headers: { [header_name.trim()]: header_value } }
  }
}

/** Which field each heading of a file is: as guessed, and as people have said instead; null: it is not read. */
export function mappingOf(
  look: Pick<Look, 'headings' | 'columns'>,
  { corrections, is_guessed }: Pick<Draft, 'corrections' | 'is_guessed'>,
): Map<string, SourceField | null> {
  return new Map(
    look.headings.map((heading) => {
      const said = corrections[heading]
      const guess = is_guessed ? (look.columns[heading] ?? null) : null
      return [heading, said === undefined ? guess : said]
    }),
  )
}

export type MappingFault =
  | { readonly code: 'no_key' | 'no_value' }
  | { readonly code: 'twice'; readonly field: SourceField; readonly headings: string }

/** Why no row could be read by these columns. */
export function mappingFaults(mapping: ReadonlyMap<string, SourceField | null>): MappingFault[] {
  const fields = [...mapping.values()].filter((field) => field !== null)
  const twice = FIELDS.map((field) => ({
    field,
    headings: [...mapping].filter(([, one]) => one === field).map(([heading]) => heading),
  })).filter(({ headings }) => headings.length > 1)
  return [
    ...twice.map(({ field, headings }) => ({ code: 'twice' as const, field, headings: headings.join(', ') })),
    ...(fields.some((field) => KEYS.some((key) => key === field)) ? [] : [{ code: 'no_key' as const }]),
    ...(fields.every((field) => ABOUT.includes(field)) ? [{ code: 'no_value' as const }] : []),
  ]
}

/** The fields by which offers can be named with these columns. */
export function possibleKeys(mapping: ReadonlyMap<string, SourceField | null>): KeyField[] {
  const fields = new Set(mapping.values())
  return KEYS.filter((key) => fields.has(key))
}

/** What is sent of the columns: those of the file that was looked at; without one, what was said before. */
function columnsOf(draft: Draft, look: Look | null): Record<string, SourceField> | null {
  const known =
    look === null || look.headings.length === 0
      ? Object.entries(draft.corrections)
      : [...mappingOf(look, draft)]
  const read = known.filter((entry): entry is [string, SourceField] => entry[1] !== null)
  return read.length === 0 ? null : Object.fromEntries(read)
}

/** What the form has for the server. Of a look the columns that it showed are kept, and the server's key of SFTP. */
export function bodyOf(draft: Draft, look: Look | null): SourceRequest {
  const login = loginOf(draft)
  const columns = columnsOf(draft, look)
  const isUpload = draft.kind === 'upload'
  const mapped = look === null ? null : possibleKeys(mappingOf(look, draft))
  const isKeyThere =
    draft.key !== null && (mapped === null || mapped.length === 0 || mapped.includes(draft.key))
  return {
    name: draft.name.trim(),
    kind: draft.kind,
    address: isUpload ? null : draft.address.trim(),
    ...(login === undefined ? {} : { login }),
    ...(look?.host_key == null ? {} : { host_key: look.host_key }),
    account: draft.account ?? '',
    format: draft.format,
    columns,
    key: isKeyThere ? draft.key : null,
    mode: draft.mode,
    missing_means: draft.missing_means,
    most_shrink_percent: draft.most_shrink_percent,
    interval_minutes: isUpload ? null : draft.interval_minutes,
    enabled: draft.enabled,
  }
}

/** The request to look at the draft's file; null where there is no address to look at. */
export function lookOf(draft: Draft, sourceId: string | null): Schemas['LookRequest'] | null {
  if (draft.kind === 'upload') return null
  const login = loginOf(draft)
  return {
    kind: draft.kind,
    address: draft.address.trim(),
    ...(login === undefined ? { source_id: sourceId } : { login }),
    format: draft.format,
    columns: null,
    key: null,
  }
}
