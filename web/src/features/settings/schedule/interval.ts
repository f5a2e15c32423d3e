/** How often a job is done, as people say it. */

export const UNITS = { minutes: 60, hours: 3600, days: 86_400 } as const
export type Unit = keyof typeof UNITS
/** As long as the API takes. */
export const LONGEST_SECONDS = 31 * UNITS.days

/** A number of the largest unit that it is a whole number of: 5400 seconds are 90 minutes, 7200 are 2 hours. */
export function inUnits(seconds: number): { count: number; unit: Unit } {
  const unit = (['days', 'hours'] as const).find((one) => seconds % UNITS[one] === 0) ?? 'minutes'
  return { count: Math.round(seconds / UNITS[unit]), unit }
}
