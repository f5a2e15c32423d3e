/** Where in the form of a source the server's objections stand. Pure. */
import { isApiError, type ApiError } from '../../../api/errors.ts'

export type Place = string | readonly [string, string]

export const STEPS = ['place', 'file', 'rules'] as const
export type Step = (typeof STEPS)[number]

const PLACES: Readonly<Record<string, Place>> = {
  url: 'address',
  host_key: 'address',
  login: 'login_way',
  'login.username': 'username',
  'login.password': 'password',
  'login.private_key': 'private_key',
  'login.headers': 'header_value',
  columns: 'corrections',
}

/** The form's values of each step. */
export const OF_STEP: Readonly<Record<Step, readonly Place[]>> = {
  place: [
    'name',
    'account',
    'kind',
    'address',
    'login_way',
    'username',
    'password',
    'private_key',
    'header_name',
    'header_value',
  ],
  file: [
    'corrections',
    'key',
    ['format', 'format'],
    ['format', 'encoding'],
    ['format', 'separator'],
    ['format', 'decimal'],
    ['format', 'has_headings'],
    ['format', 'row_path'],
  ],
  rules: ['mode', 'missing_means', 'most_shrink_percent', 'interval_minutes', 'enabled'],
}

interface Objection {
  readonly code: string
  readonly message: string
  /** Of which words there are for it, with what they name. */
  readonly reason: string | null
  readonly values: Readonly<Record<string, unknown>>
}

export interface Fault {
  readonly place: Place
  readonly step: Step
  readonly error: Objection
}

/** The values that an answer refuses, each with its place in the form; what has none there is told above it. */
export function faultsOf(error: unknown): Fault[] {
  if (!isApiError(error)) return []
  const { reason, values } = error.extra
  const named = {
    reason: typeof reason === 'string' ? reason : null,
    values: typeof values === 'object' && values !== null ? { ...values } : {},
  }
  return objectionsOf(error).flatMap(({ field, message, code }) => {
    const place = placeOf(field)
    const step = STEPS.find((one) => OF_STEP[one].some((known) => isSame(known, place)))
    return step === undefined ? [] : [{ place, step, error: { code, message, ...named } }]
  })
}

function objectionsOf({
  code,
  detail,
  errors,
}: ApiError): { field: string; message: string; code: string }[] {
  return code === 'source_name_taken' ? [{ field: 'name', message: detail, code }] : [...errors]
}

function placeOf(field: string): Place {
  const known = PLACES[field] ?? (field.startsWith('login.headers') ? PLACES['login.headers'] : undefined)
  if (known !== undefined) return known
  const [first = '', second] = field.split('.')
  return first === 'format' && second !== undefined ? [first, second] : first
}

function isSame(one: Place, other: Place): boolean {
  return [one].flat().join('.') === [other].flat().join('.')
}
