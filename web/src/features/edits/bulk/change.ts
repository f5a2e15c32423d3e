/** One change to many offers: what a person chooses, and the body that asks for it. */
import type { Schemas } from '../../../api/client.ts'
import { isAmount, statusToSet, type EditableField } from '../../../shared/fields.ts'
import { readAmount, readWhole } from '../../../shared/numbers.ts'

export type Which = Pick<Schemas['SelectionEdit'], 'ids' | 'filter'>
export type ChangeBody = Pick<Schemas['SelectionEdit'], 'set' | 'adjust' | 'warehouse_id'>

export const WAYS = ['set', 'raise', 'lower'] as const
export const UNITS = ['percent', 'money'] as const
export type Way = (typeof WAYS)[number]

export interface ChangeForm {
  readonly field: EditableField
  readonly way: Way
  readonly unit: (typeof UNITS)[number]
  readonly typed: string
  readonly status: '1' | '0' | '2'
  readonly warehouse: string
}

export const EMPTY_FORM: ChangeForm = {
  field: 'sale_price',
  way: 'set',
  unit: 'percent',
  typed: '',
  status: '1',
  warehouse: '',
}

/** How a field can be changed: only prices and stock by a difference. */
export function waysOf(field: EditableField): readonly Way[] {
  return isAmount(field) || field === 'stock' ? WAYS : ['set']
}

/** The body for what was chosen; null while it is no number that the field takes. */
export function changeBody(form: ChangeForm): ChangeBody | null {
  const { field } = form
  const way = waysOf(field).includes(form.way) ? form.way : 'set'
  if (field === 'status') return setting({ status: statusToSet(form.status) })
  if (isAmount(field)) return priceBody(form, way)
  const number = wholeOf(form.typed)
  return number === null ? null : wholeBody(form, way, number)
}

function wholeBody({ field, warehouse: typed }: ChangeForm, way: Way, number: number): ChangeBody | null {
  if (field === 'vat_id') return setting({ vat_id: number })
  const warehouse = wholeOf(typed)
  if (warehouse === null && typed.trim() !== '') return null
  const where = warehouse === null ? {} : { warehouse_id: warehouse }
  if (field === 'handling_time') return { ...setting({ handling_time: number }), ...where }
  if (way === 'set') return { ...setting({ stock: number }), ...where }
  return { ...setting({ stock_change: way === 'raise' ? number : -number }), ...where }
}

function priceBody({ field, unit, typed }: ChangeForm, way: Way): ChangeBody | null {
  const amount = amountOf(typed)
  if (amount === null) return null
  if (way === 'set') return setting({ [field]: amount })
  const signed = way === 'raise' ? amount : `-${amount}`
  const step = unit === 'percent' ? { percent: signed } : { change: signed }
  return { adjust: { [field]: { ...step, decimals: 2 } } }
}

function setting(values: Partial<Schemas['ValuesForAll']>): ChangeBody {
  return { set: { ...values, confirm: false } }
}

/** An amount as the API takes it, from one as the reader writes it. A sign is chosen, not typed. */
export function amountOf(typed: string): string | null {
  const read = readAmount(typed)
  return read === null || read.isRounded || !/^\d{1,9}(\.\d{1,4})?$/.test(read.amount) ? null : read.amount
}

function wholeOf(typed: string): number | null {
  const read = readWhole(typed)
  return read === null || read.hasSign || read.value > 999_999 ? null : read.value
}
