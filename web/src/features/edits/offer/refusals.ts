/** What a refused edit asks of a person. */
import { isApiError, type FieldError } from '../../../api/errors.ts'

export type Refusal =
  | { readonly kind: 'stale' }
  | { readonly kind: 'doubtful'; readonly doubts: readonly FieldError[] }
  | { readonly kind: 'wrong'; readonly faults: readonly FieldError[] }
  | { readonly kind: 'other'; readonly error: unknown }

/** Somebody was faster, it must be confirmed, or these values cannot be; everything else is an error like any. */
export function refusalOf(error: unknown): Refusal {
  if (!isApiError(error)) return { kind: 'other', error }
  if (error.status === 412 || error.code === 'other_history') return { kind: 'stale' }
  if (error.errors.length === 0) return { kind: 'other', error }
  if (error.code === 'confirmation_needed') return { kind: 'doubtful', doubts: error.errors }
  return { kind: 'wrong', faults: error.errors }
}

/** What is wrong with one input: a request's own check names it `stock.list[LevelEdit].0.value` or so. */
export function faultsOf(field: string, faults: readonly FieldError[]): FieldError[] {
  const named = field === 'stock' ? ['stock', 'stock_change'] : [field]
  return faults.filter((fault) => named.includes(fault.field.split('.')[0] ?? ''))
}
