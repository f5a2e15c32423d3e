/** What can be edited of an offer: what a person types, and what is sent for it. */
import type { Schemas } from '../../../api/client.ts'
import { isAmount, LEVELS, PRICES, statusToSet, type EditableField } from '../../../shared/fields.ts'
import { readAmount, readWhole, typedAmount } from '../../../shared/numbers.ts'
import { toCents, withoutVat, withVat } from '../../../shared/vat.ts'

export type Values = Schemas['ProductEdit']

type Detail = Schemas['ProductDetail']
type Offer = Schemas['Product']
type Pending = Schemas['PendingEdit']

/** One input of the form. `warehouse` is that of a stock or a handling time, if the offer's row names any. */
export interface Entry {
  readonly key: string
  readonly field: EditableField
  readonly warehouse: number | null
  /** What the offer has now, with the edits that wait; empty for nothing. */
  readonly value: string
}

/** The form's inputs for an offer. */
export function entriesOf(offer: Detail): Entry[] {
  const now = offer.effective ?? offer
  const amounts: Record<(typeof PRICES)[number], string | null> = {
    sale_price: now.sale_price,
    recommended_price: now.recommended_price,
    min_sale_price: now.min_sale_price,
    max_sale_price: now.max_sale_price,
  }
  const plain = (field: EditableField, value: string): Entry => ({
    key: field,
    field,
    warehouse: null,
    value,
  })
  return [
    ...PRICES.map((field) => plain(field, typedAmount(amounts[field]))),
    ...LEVELS.flatMap((field) => levelsOf(offer, field)),
    plain('vat_id', text(now.vat_id)),
    plain('status', text(now.status_code)),
  ]
}

function levelsOf(offer: Detail, field: (typeof LEVELS)[number]): Entry[] {
  const total = field === 'stock' ? offer.stock : offer.handling_time
  const named = byWarehouse(offer.payload?.[field])
  const levels = named.length > 0 ? named : [{ warehouse: 1, value: text(total) }]
  return levels.map(({ warehouse, value }) => ({
    key: `${field}@${warehouse}`,
    field,
    warehouse,
    value: withEdit(offer.pending_edits, field, warehouse, value),
  }))
}

/** The levels of a row of eMAG's; none where one cannot be read, as the server sees it too. */
function byWarehouse(levels: unknown): { warehouse: number; value: string }[] {
  if (!Array.isArray(levels)) return []
  const found = levels.map((level: unknown) => {
    const { warehouse_id, value } = (level ?? {}) as Record<string, unknown>
    return { warehouse: Number(warehouse_id), value: whole(text(value)) ?? NaN }
  })
  if (found.some(({ warehouse, value }) => !(warehouse > 0) || Number.isNaN(value))) return []
  return found.map(({ warehouse, value }) => ({ warehouse, value: String(value) }))
}

function withEdit(edits: readonly Pending[], field: EditableField, warehouse: number, emag: string): string {
  const edit = edits.find((one) => one.field === field && (one.warehouse_id ?? 1) === warehouse)
  if (edit === undefined) return emag
  if (edit.kind === 'absolute') return edit.value
  return String(Math.max(0, Number(emag) + Number(edit.value)))
}

/** What changes: the inputs whose text differs from what is there. Null when nothing does. */
export function changesOf(entries: readonly Entry[], typed: Readonly<Record<string, string>>): Values | null {
  const body: Record<string, unknown> = {}
  for (const { key, field, warehouse, value } of entries) {
    const wanted = (typed[key] ?? value).trim()
    if (wanted === value || wanted === '') continue
    if (warehouse === null) {
      Object.assign(body, isAmount(field) ? amountBody(field, wanted) : { [field]: numberIn(wanted) })
      continue
    }
    const level = levelOf(field, wanted)
    body[field] = [...((body[field] as unknown[] | undefined) ?? []), { warehouse_id: warehouse, ...level }]
  }
  return Object.keys(body).length === 0 ? null : ({ ...body, confirm: false } as Values)
}

/** An amount, and what was written beside it. What is none goes as it is: the server says which input it was. */
function amountBody(field: EditableField, typed: string): Record<string, string> {
  const read = readAmount(typed)
  if (read === null) return { [field]: typed }
  return { [field]: read.amount, ...(read.currency === null ? {} : { currency: read.currency }) }
}

/** Of stock "+5" and "-3" are differences; every other number is what there is to be. */
function levelOf(field: EditableField, typed: string): { value: number | string } | { change: number } {
  const stock = field === 'stock' ? readStock(typed) : null
  return stock !== null && 'change' in stock ? stock : { value: numberIn(typed) }
}

/** What is no number goes as it is: the server says which input it was. */
function numberIn(typed: string): number | string {
  return readWhole(typed)?.value ?? typed
}

/** What a typed stock means: `12` or `12 buc` pieces, `+5` or `-3` more or fewer. Null for what is no whole number. */
export function readStock(typed: string): { value: number } | { change: number } | null {
  const read = readWhole(typed)
  if (read === null) return null
  return read.hasSign ? { change: read.value } : { value: read.value }
}

/** What was understood of a typed amount; null for what is written just as the page shows it, or is none. */
export function understood(
  field: EditableField,
  typed: string,
): { amount: string; isRounded: boolean } | null {
  if (!isAmount(field)) return null
  const read = readAmount(typed)
  if (read === null) return null
  return typed.trim() === typedAmount(read.amount) ? null : { amount: read.amount, isRounded: read.isRounded }
}

/** The price with VAT, as it is typed, of one without; empty for what is no amount. */
export function grossTyped(net: string, rate: string): string {
  const read = readAmount(net)
  return read === null ? '' : typedAmount(toCents(withVat(read.amount, rate)))
}

/** The price without VAT, as it is typed, of one with; null for what is no amount. */
export function netTyped(gross: string, rate: string): string | null {
  const read = readAmount(gross)
  return read === null ? null : typedAmount(withoutVat(read.amount, rate))
}

/** The body for one value that was typed in the table. Null for what cannot be meant. */
export function quickValues(field: 'sale_price' | 'stock' | 'status', typed: string): Values | null {
  const body = { confirm: false }
  switch (field) {
    case 'sale_price':
      return typed.trim() === '' ? null : { ...body, ...amountBody('sale_price', typed.trim()) }
    case 'status':
      return { ...body, status: statusToSet(typed) }
    case 'stock': {
      const stock = readStock(typed)
      if (stock === null) return null
      return 'change' in stock ? { ...body, stock_change: stock.change } : { ...body, stock: stock.value }
    }
  }
}

/** What the table's editor begins with: the value with the edits that wait. */
export function quickStart(offer: Offer, field: 'sale_price' | 'stock' | 'status'): string {
  const now = offer.effective
  switch (field) {
    case 'sale_price':
      return typedAmount((now ?? offer).sale_price)
    case 'stock':
      return text((now ?? offer).stock)
    case 'status':
      return text((now ?? offer).status_code)
  }
}

function text(value: unknown): string {
  return value === null || value === undefined ? '' : String(value)
}

function whole(typed: string): number | null {
  return /^[+-]?\d{1,9}$/.test(typed) ? Number(typed) : null
}

/** What a change comes to: a difference is added, and no stock goes below 0. Null where what is there is not known. */
export function targetOf(from: string | null, to: string | null, kind = 'absolute'): string | null {
  if (kind !== 'relative') return to
  if (from === null || to === null) return null
  return String(Math.max(0, Number(from) + Number(to)))
}
