import { ROOT } from '../../../api/root.ts'
import { filterQuery } from '../filters.ts'
import type { OfferView } from '../view.ts'

/** How an export is to be written for the reader: the page's language, and the browser's time zone. */
export interface Reader {
  readonly language: 'ro' | 'en'
  readonly time_zone: string
}

/** Where offers are exported. */
export const EXPORT = `${ROOT}/api/v1/emag/products/products/export`

/** The reader of this page. */
export function readerOf(language: string): Reader {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  return { language: language === 'ro' ? 'ro' : 'en', time_zone: timeZone || 'UTC' }
}

/** The address of the export of all that the filters find. */
export function exportAddress(view: OfferView, format: 'csv' | 'xlsx', reader: Reader): string {
  return addressOf({ format, ...reader, ...filterQuery(view) })
}

/** The address of the export that a preset describes; of what the filters find, unless it has filters of its own. */
export function presetAddress(
  view: OfferView,
  preset: { id: number; filter: object | null },
  zone: string,
): string {
  const found = preset.filter === null ? filterQuery(view) : {}
  return addressOf({ preset: preset.id, time_zone: zone, ...found })
}

function addressOf(query: object): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? value : [value]) params.append(name, String(one))
  return `${EXPORT}?${params.toString()}`
}
