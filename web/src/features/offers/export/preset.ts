import type { ExportColumn, Preset, PresetBody } from './queries.ts'

/** Of which offers a preset is: of those that the filters find then, of those that it had, or of what they find now. */
export type Chosen = 'found' | 'kept' | 'these'

/** A preset as its dialog has it. */
export interface PresetForm {
  name: string
  format: 'xlsx' | 'csv'
  columns: ExportColumn[]
  filter: Chosen
  shared: boolean
}

export function formOf(preset: Preset | null): PresetForm {
  return {
    name: preset?.name ?? '',
    format: preset?.format === 'csv' ? 'csv' : 'xlsx',
    columns: preset?.columns ?? [],
    filter: preset?.filter ? 'kept' : 'found',
    shared: preset?.shared ?? false,
  }
}

/** What is kept; `found` are the filters of now, `language` that of the page, which a preset keeps once it has one. */
export function presetBody(
  { name, format, columns, filter, shared }: PresetForm,
  preset: Preset | null,
  found: NonNullable<PresetBody['filter']> | object,
  language: 'ro' | 'en',
): PresetBody {
  const filters = { found: null, kept: preset?.filter ?? null, these: found }
  return {
    name: name.trim(),
    format,
    language: preset === null ? language : preset.language,
    columns: columns.length === 0 ? null : columns,
    // The server takes what is left out as not given; the document's type has its defaults as if they were.
    filter: filters[filter] as PresetBody['filter'] & null,
    shared,
  }
}
