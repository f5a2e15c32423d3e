import type { Schemas } from '../../../api/client.ts'

export type Freshness = Schemas['FreshnessReport']
export type Target = Schemas['TargetReport']
export type Selection = Partial<Schemas['TargetSelection']>

/** A target as it is sent: filters that do not filter may be left out. */
export interface TargetSetting {
  readonly selection: Selection
  readonly max_age_seconds: number
}

export type Unit = 'minutes' | 'hours' | 'days'

const SECONDS: Record<Unit, number> = { minutes: 60, hours: 3600, days: 86_400 }

/** What people would say: the largest unit that divides the time; else minutes. */
export function inUnits(seconds: number): { value: number; unit: Unit } {
  const unit = (['days', 'hours'] as const).find((one) => seconds % SECONDS[one] === 0) ?? 'minutes'
  return { value: Math.max(1, Math.round(seconds / SECONDS[unit])), unit }
}

export function inSeconds(value: number, unit: Unit): number {
  return value * SECONDS[unit]
}

/** A selection without the filters that do not filter: an answer has all of them, a question those that are meant. */
export function meant(selection: Selection | undefined): Selection {
  const given = Object.entries(selection ?? {}).filter(
    ([, value]) => value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0),
  )
  return Object.fromEntries(given) as Selection
}

/** The filters that a row of the dialog edits; the others are kept as they are. */
const EDITED = ['stock_max', 'status', 'sellable']

/** Filters that were set elsewhere, by the API or the command line: `category_id 506`. */
export function others(selection: Selection | undefined): string[] {
  return Object.entries(meant(selection))
    .filter(([name]) => !EDITED.includes(name))
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(', ') : String(value)}`)
}
