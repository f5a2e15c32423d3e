import type { SyncRequest } from '../queries.ts'

/** The form of all options; the selection is typed as lines of text. */
export interface Options {
  account: string
  mode: SyncRequest['mode']
  dry_run: boolean
  include_inactive: boolean
  skip_busy: boolean
  max_pages: number | null
  items_per_page: number
  timeout_minutes: number
  conflict_strategy: SyncRequest['conflict_strategy']
  ids: string
  part_numbers: string
  part_number_keys: string
  validation_status: number | null
  max_stock: number | null
}

export const DEFAULTS: Omit<Options, 'account'> = {
  mode: 'incremental',
  dry_run: false,
  include_inactive: false,
  skip_busy: false,
  max_pages: null,
  items_per_page: 100,
  timeout_minutes: 10,
  conflict_strategy: 'emag_priority',
  ids: '',
  part_numbers: '',
  part_number_keys: '',
  validation_status: null,
  max_stock: null,
}

/** The words of a text, parted by lines, commas or semicolons; each once. */
export function listed(text: string): string[] {
  const words = text.split(/[\n,;]+/).map((word) => word.trim())
  return [...new Set(words.filter((word) => word !== ''))]
}

/** The ids of a text, or null when something in it is no id. */
export function listedIds(text: string): number[] | null {
  const words = listed(text)
  return words.every((word) => /^[1-9]\d{0,15}$/.test(word)) ? words.map(Number) : null
}

export function hasSelection(options: Options): boolean {
  const { ids, part_numbers, part_number_keys, validation_status, max_stock } = options
  return (
    [ids, part_numbers, part_number_keys].some((text) => listed(text).length > 0) ||
    validation_status !== null ||
    max_stock !== null
  )
}

/** What to send. */
export function requestOf(options: Options): SyncRequest {
  const { ids, part_numbers, part_number_keys, validation_status, max_stock, timeout_minutes, ...rest } =
    options
  const selection = {
    ids: listedIds(ids) ?? [],
    part_numbers: listed(part_numbers),
    part_number_keys: listed(part_number_keys),
    validation_status,
    max_stock,
  }
  return {
    ...rest,
    timeout_seconds: timeout_minutes * 60,
    run_async: true,
    selection: options.mode === 'selective' ? selection : null,
  }
}
