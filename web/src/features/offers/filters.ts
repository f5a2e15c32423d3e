/** By what the offers of the table are chosen, as the address bar says it and as the API is asked. */
import { happenedQuery, readHappened, type Happened } from '../../shared/happened.ts'
import { WORKING_LISTS, workingListQuery, type WorkingList } from './workingLists.ts'

export const STATUSES = ['active', 'inactive', 'end_of_life'] as const
export const VALIDATIONS = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17] as const
export const BUY_BUTTONS = ['ours', 'others', 'unknown'] as const

export type StatusName = (typeof STATUSES)[number]
export type BuyButton = (typeof BUY_BUTTONS)[number]

export interface Filters {
  readonly list: WorkingList | null
  readonly search: string
  readonly account: string | null
  readonly statuses: readonly StatusName[]
  readonly sellable: boolean | null
  readonly maxStock: number | null
  readonly categories: readonly number[]
  readonly brands: readonly string[]
  /** Amounts without VAT, as the API has them: `"10.5"`. */
  readonly priceMin: string | null
  readonly priceMax: string | null
  readonly currencies: readonly string[]
  readonly vatIds: readonly number[]
  readonly buyButtons: readonly BuyButton[]
  /** Places for the buy button; 1 has it. */
  readonly rankMin: number | null
  readonly rankMax: number | null
  readonly validations: readonly number[]
  /** Codes of what keeps offers from sale. */
  readonly reasons: readonly string[]
  /** A day here, `2026-01-31`. */
  readonly changedSince: string | null
  readonly withRemoved: boolean
  /** By what happened to the offers; offers that are gone are among them. */
  readonly happened: Happened | null
}

/** The longest search that the API takes. */
export const LONGEST_SEARCH = 200
/** So many values of one filter are kept; the API takes as many brands and categories. */
const MOST_VALUES = 100
const LONGEST_VALUE = 255
const MOST_STOCK = 65_535
const MOST_RANK = 1_000_000

export const NO_FILTERS: Filters = {
  list: null,
  search: '',
  account: null,
  statuses: [],
  sellable: null,
  maxStock: null,
  categories: [],
  brands: [],
  priceMin: null,
  priceMax: null,
  currencies: [],
  vatIds: [],
  buyButtons: [],
  rankMin: null,
  rankMax: null,
  validations: [],
  reasons: [],
  changedSince: null,
  withRemoved: false,
  happened: null,
}

/** How a filter stands in the address: under which name, and what its texts there mean. */
interface Written<Value> {
  readonly name: string
  readonly read: (texts: readonly string[]) => Value
}

/** One text that `meaning` understands; null is none. */
function single<T>(name: string, meaning: (text: string) => T | null): Written<T | null> {
  return { name, read: ([text]) => (text === undefined ? null : meaning(text)) }
}

/** Any number of texts, each once; those that mean nothing are passed over. */
function several<T>(name: string, meaning: (text: string) => T | null): Written<readonly T[]> {
  return {
    name,
    read: (texts) => [...new Set(texts.map(meaning))].filter((value) => value !== null).slice(0, MOST_VALUES),
  }
}

/** In the order of the address. `happened` has names of its own. */
const WRITTEN: { readonly [Name in Exclude<keyof Filters, 'happened'>]: Written<Filters[Name]> } = {
  list: single('list', oneOf(WORKING_LISTS)),
  search: { name: 'q', read: ([text = '']) => text.slice(0, LONGEST_SEARCH) },
  account: single('account', shortText),
  statuses: several('status', oneOf(STATUSES)),
  sellable: single('sellable', yesOrNo),
  maxStock: single('stock', whole(0, MOST_STOCK)),
  categories: several('category', whole(0, Number.MAX_SAFE_INTEGER)),
  brands: several('brand', shortText),
  priceMin: single('price_min', amount),
  priceMax: single('price_max', amount),
  currencies: several('currency', (text) => /^[A-Z]{3}$/.exec(text)?.[0] ?? null),
  vatIds: several('vat', whole(0, Number.MAX_SAFE_INTEGER)),
  buyButtons: several('buy_button', oneOf(BUY_BUTTONS)),
  rankMin: single('rank_min', whole(1, MOST_RANK)),
  rankMax: single('rank_max', whole(1, MOST_RANK)),
  validations: several('validation', whole(0, 1000)),
  reasons: several('reason', (text) => /^[a-z0-9_]{1,64}$/.exec(text)?.[0] ?? null),
  changedSince: single('changed_since', day),
  withRemoved: { name: 'removed', read: ([text]) => text === 'yes' },
}
const NAMES = Object.keys(WRITTEN) as (keyof typeof WRITTEN)[]

/** The filters that an address says; what means nothing there is no filter. */
export function readFilters(params: URLSearchParams): Filters {
  const read = NAMES.map((name) => [name, WRITTEN[name].read(params.getAll(WRITTEN[name].name))])
  return { ...(Object.fromEntries(read) as Omit<Filters, 'happened'>), happened: readHappened(params) }
}

/** Writes the filters into an address; those that are not set are left out. */
export function writeFilters(filters: Filters, params: URLSearchParams): void {
  for (const name of NAMES.filter((one) => isSet(filters, one)))
    for (const text of textsOf(filters[name])) params.append(WRITTEN[name].name, text)
  for (const [name, value] of Object.entries(filters.happened ? happenedQuery(filters.happened) : {}))
    params.set(name, String(value))
}

function textsOf(value: Filters[keyof typeof WRITTEN]): string[] {
  if (typeof value === 'boolean') return [value ? 'yes' : 'no']
  return typeof value === 'object' && value !== null ? value.map(String) : [String(value)]
}

/** How many filters are set, the search not counted. */
export function filterCount(filters: Filters): number {
  const names = Object.keys(NO_FILTERS) as (keyof Filters)[]
  return names.filter((name) => name !== 'search' && isSet(filters, name)).length
}

/** Whether a filter chooses anything. */
export function isSet(filters: Filters, name: keyof Filters): boolean {
  const value = filters[name]
  return Array.isArray(value) ? value.length > 0 : value !== NO_FILTERS[name]
}

/** The filters as the API's `/products` and `/products/export` name them. */
export function filterQuery(filters: Filters) {
  return {
    ...given({
      search: filters.search.trim() || null,
      account: filters.account,
      status: [...filters.statuses],
      sellable: filters.sellable,
      stock_max: filters.maxStock,
      category: [...filters.categories],
      brand: [...filters.brands],
      price_min: filters.priceMin,
      price_max: filters.priceMax,
      currency: [...filters.currencies],
      vat_id: [...filters.vatIds],
      buy_button: [...filters.buyButtons],
      buy_button_rank_min: filters.rankMin,
      buy_button_rank_max: filters.rankMax,
      validation_status: [...filters.validations],
      reason: [...filters.reasons],
      changed_since: filters.changedSince === null ? null : startOf(filters.changedSince),
      include_removed: filters.withRemoved || null,
    }),
    ...(filters.happened === null ? {} : happenedQuery(filters.happened)),
    ...(filters.list === null ? {} : workingListQuery(filters.list, filters.maxStock, new Date())),
  }
}

type Given<Values> = { [Name in keyof Values]?: NonNullable<Values[Name]> }

/** The values that are not null and not empty. */
function given<Values extends object>(values: Values): Given<Values> {
  const some = Object.entries(values).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  )
  return Object.fromEntries(some) as Given<Values>
}

/** When a day begins here. */
function startOf(text: string): string {
  const [year = 0, month = 1, date = 1] = text.split('-').map(Number)
  return new Date(year, month - 1, date).toISOString()
}

function oneOf<T extends string>(values: readonly T[]): (text: string) => T | null {
  return (text) => values.find((known) => known === text) ?? null
}

function yesOrNo(text: string): boolean | null {
  return text === 'yes' ? true : text === 'no' ? false : null
}

function shortText(text: string): string | null {
  return text !== '' && text.length <= LONGEST_VALUE ? text : null
}

function amount(text: string): string | null {
  return /^\d{1,10}(\.\d{1,4})?$/.test(text) ? text : null
}

function day(text: string): string | null {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : null
}

/** Reads a whole number between two others. */
export function whole(least: number, most: number): (text: string) => number | null {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : -1
    return value >= least && value <= most ? value : null
  }
}
