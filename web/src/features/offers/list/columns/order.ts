/** The columns of the table as one chooses them: in any order, each shown or not. */
import { COLUMN_KEYS, FIXED_COLUMN, USUAL_COLUMNS, type ColumnKey } from './keys.ts'

/** The chosen columns in their order; what is not a column is passed over, and the fixed one is always there. */
export function chosenColumns(names: readonly string[] | null): readonly ColumnKey[] {
  if (names === null) return USUAL_COLUMNS
  const known = [...new Set(names)].filter((name): name is ColumnKey =>
    COLUMN_KEYS.some((key) => key === name),
  )
  return known.includes(FIXED_COLUMN) ? known : [FIXED_COLUMN, ...known]
}

/** All columns: first the chosen ones in their order, then the others in the usual one. */
export function allColumns(chosen: readonly ColumnKey[]): readonly ColumnKey[] {
  return [...chosen, ...COLUMN_KEYS.filter((key) => !chosen.includes(key))]
}

/** Shown at the end of those that are, or not shown. */
export function toggled(chosen: readonly ColumnKey[], key: ColumnKey): readonly ColumnKey[] {
  if (key === FIXED_COLUMN) return chosen
  return chosen.includes(key) ? chosen.filter((other) => other !== key) : [...chosen, key]
}

/** With `key` in the place of `at`, which goes on by one. */
export function moved(chosen: readonly ColumnKey[], key: ColumnKey, at: number): readonly ColumnKey[] {
  if (!chosen.includes(key) || at < 0 || at >= chosen.length) return chosen
  const others = chosen.filter((other) => other !== key)
  return [...others.slice(0, at), key, ...others.slice(at)]
}

export function areUsual(chosen: readonly ColumnKey[]): boolean {
  return chosen.join() === USUAL_COLUMNS.join()
}
