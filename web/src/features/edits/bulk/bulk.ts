/** A list of edits: pasted from a spreadsheet or uploaded, looked at, then applied. */
import { api, ApiError, dataOf, fetchOrThrow, isApiError, type Schemas } from '../../../api/client.ts'
import { ROOT } from '../../../api/root.ts'
import i18next from 'i18next'

import type { ChangeBody, Which } from './change.ts'
import { saveAnswer } from '../../../shared/download.ts'
import type { DecimalMark } from '../../../shared/numbers.ts'

export type BulkData = Schemas['BulkData']
export type BulkRow = Schemas['BulkRow']
export type Effect = Schemas['Effect']

export const EFFECTS = ['error', 'needs_confirmation', 'ok', 'unchanged'] as const satisfies readonly Effect[]

/** A list as a file, or one change to many offers. */
export type BulkRequest =
  { readonly file: File; readonly account: string } | { readonly which: Which; readonly body: ChangeBody }

export type FileRequest = Extract<BulkRequest, { file: File }>

const BULK = `${ROOT}/api/v1/emag/products/products/bulk-edit`

export interface BulkOptions {
  readonly preview: boolean
  readonly confirm?: boolean
  /** A yes to what is hidden in a file. */
  readonly includeHidden?: boolean
  readonly skipInvalid?: boolean
  /** How the file writes decimals, once somebody was asked. */
  readonly decimal?: DecimalMark
  readonly token?: string
}

/** What was pasted, as the file that it would be. */
export function pastedFile(text: string): File {
  return new File([text], 'lista.csv', { type: 'text/csv' })
}

/** Previews or applies it. A refusal that tells of every row is an answer: nothing was kept. */
export async function sendBulk(request: BulkRequest, options: BulkOptions): Promise<BulkData> {
  try {
    return 'file' in request ? await sendFile(request, options) : await sendChange(request, options)
  } catch (error) {
    const told = isApiError(error) ? rowsTold(error) : null
    if (told !== null) return told
    throw error
  }
}

async function sendChange(
  { which, body }: Extract<BulkRequest, { which: Which }>,
  { preview, confirm = false, skipInvalid = false, token }: BulkOptions,
): Promise<BulkData> {
  const options = { preview, confirm, skip_invalid: skipInvalid, ...(token === undefined ? {} : { token }) }
  const answer = await dataOf(
    api.POST('/api/v1/emag/products/products/bulk-change', { body: { ...which, ...body, ...options } }),
  )
  return answer.data
}

/** The address of an empty file of edits in the reader's language. */
export function templateAddress(language: string): string {
  return `${BULK}/template?language=${language === 'ro' ? 'ro' : 'en'}`
}

/** Saves the rows of a file that cannot be stored as they are, each with what is wrong with it in the reader's words. */
export async function saveFailedRows(
  request: FileRequest,
  options: Omit<BulkOptions, 'preview'>,
  reasons: ReadonlyMap<number, string>,
): Promise<void> {
  const body = formOf(request, { ...options, preview: true })
  body.set('language', i18next.language === 'ro' ? 'ro' : 'en')
  body.set('reasons', JSON.stringify(Object.fromEntries(reasons)))
  const address = new URL(`${BULK}/failed-rows`, window.location.origin)
  await saveAnswer(await fetchOrThrow(new Request(address, { method: 'POST', body })), 'emagsync.xlsx')
}

async function sendFile(request: FileRequest, options: BulkOptions): Promise<BulkData> {
  const address = new URL(BULK, window.location.origin)
  const answer = await fetchOrThrow(new Request(address, { method: 'POST', body: formOf(request, options) }))
  return ((await answer.json()) as Schemas['BulkAnswer']).data
}

function formOf({ file, account }: FileRequest, options: BulkOptions): FormData {
  const body = new FormData()
  body.set('file', file)
  body.set('account', account)
  body.set('preview', String(options.preview))
  if (options.confirm) body.set('confirm', 'true')
  if (options.includeHidden) body.set('include_hidden', 'true')
  if (options.skipInvalid) body.set('skip_invalid', 'true')
  if (options.token !== undefined) body.set('token', options.token)
  if (options.decimal !== undefined) body.set('decimal', options.decimal)
  body.set('locale', i18next.language)
  return body
}

function rowsTold(error: ApiError): BulkData | null {
  const data = error.extra['data']
  return typeof data === 'object' && data !== null && 'rows' in data ? (data as BulkData) : null
}

/** What somebody has said yes to. */
export interface Yes {
  readonly confirm: boolean
  readonly includeHidden: boolean
}

export interface Outlook {
  /** Rows that may be applied with what was said yes to. */
  readonly good: number
  /** Rows that look like a slip, and rows that are hidden in their file; one may be both. */
  readonly doubtful: number
  readonly hidden: number
  /** Rows that need a yes which was not said. */
  readonly waiting: number
  readonly wrong: number
}

/** Whether a row is not stored as it is: it is wrong, or needs a yes. */
export function isFailed({ effect }: Pick<BulkRow, 'effect'>): boolean {
  return effect === 'error' || effect === 'needs_confirmation'
}

const HIDDEN = new Set(['hidden_row', 'hidden_column'])

/** What may be applied of a preview, and what stands in the way. */
export function outlookOf({ counts, rows }: Pick<BulkData, 'counts' | 'rows'>, yes: Yes): Outlook {
  const unsure = rows
    .filter((row) => row.effect === 'needs_confirmation')
    .map(({ doubts }) => ({
      isHidden: doubts.some(({ code }) => HIDDEN.has(code)),
      isDoubtful: doubts.some(({ code }) => !HIDDEN.has(code)),
    }))
  const waiting = unsure.filter(
    ({ isHidden, isDoubtful }) => (isHidden && !yes.includeHidden) || (isDoubtful && !yes.confirm),
  ).length
  return {
    good: (counts.ok ?? 0) + unsure.length - waiting,
    doubtful: unsure.filter(({ isDoubtful }) => isDoubtful).length,
    hidden: unsure.filter(({ isHidden }) => isHidden).length,
    waiting,
    wrong: counts.error ?? 0,
  }
}

/** The rows that need a person first; within an effect in the file's order. */
export function gravestFirst(rows: readonly BulkRow[]): BulkRow[] {
  return [...rows].sort((a, b) => EFFECTS.indexOf(a.effect) - EFFECTS.indexOf(b.effect) || a.row - b.row)
}
