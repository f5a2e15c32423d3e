import { happenedQuery, readHappened, type Happened } from '../../shared/happened.ts'
import { WORKING_LISTS, workingListQuery, type WorkingList } from './workingLists.ts'

/** What the table shows, as the address bar says it: `/offers?q=led&account=main&sort=-price&page=2`. */

export const PAGE_SIZES = [25, 50, 100] as const
export const STATUSES = ['active', 'inactive', 'end_of_life'] as const
export const VALIDATIONS = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17] as const
export const SORT_KEYS = [
  'account',
  'emag_id',
  'sku',
  'name',
  'price',
  'stock_quantity',
  'created_at',
  'updated_at',
  'last_synced_at',
] as const

export type StatusName = (typeof STATUSES)[number]
export type SortKey = (typeof SORT_KEYS)[number]

export interface OfferView {
  readonly list: WorkingList | null
  readonly search: string
  readonly account: string | null
  readonly status: StatusName | null
  readonly sellable: boolean | null
  readonly maxStock: number | null
  readonly currency: string | null
  readonly validation: number | null
  readonly withRemoved: boolean
  /** By what happened to the offers; offers that are gone are among them. */
  readonly happened: Happened | null
  readonly sort: SortKey
  readonly descending: boolean
  readonly page: number
  readonly size: number
  readonly columns: readonly string[] | null
  readonly offer: number | null
}

/** The longest search that the API takes. */
export const LONGEST_SEARCH = 200
const MOST_STOCK = 65_535

export function readView(params: URLSearchParams): OfferView {
  const sort = params.get('sort') ?? 'account'
  const sellable = params.get('sellable')
  const columns = params.get('cols')
  return {
    list: oneOf(WORKING_LISTS, params.get('list')),
    search: (params.get('q') ?? '').slice(0, LONGEST_SEARCH),
    account: params.get('account'),
    status: oneOf(STATUSES, params.get('status')),
    sellable: sellable === 'yes' ? true : sellable === 'no' ? false : null,
    maxStock: whole(params.get('stock'), 0, MOST_STOCK),
    currency: /^[A-Z]{3}$/.exec(params.get('currency') ?? '')?.[0] ?? null,
    validation: whole(params.get('validation'), 0, 1000),
    withRemoved: params.get('removed') === 'yes',
    happened: readHappened(params),
    sort: oneOf(SORT_KEYS, sort.replace(/^-/, '')) ?? 'account',
    descending: sort.startsWith('-'),
    page: whole(params.get('page'), 1, 1_000_000) ?? 1,
    size: PAGE_SIZES.find((size) => String(size) === params.get('size')) ?? 50,
    columns: columns === null ? null : columns.split(',').filter((name) => name !== ''),
    offer: whole(params.get('offer'), 1, Number.MAX_SAFE_INTEGER),
  }
}

/** The address of a view; what is as usual is left out. Keys that are not ours are dropped. */
export function writeView(view: OfferView): URLSearchParams {
  const params = new URLSearchParams()
  const set = (name: string, value: string | number | null): void => {
    if (value !== null && value !== '') params.set(name, String(value))
  }
  set('list', view.list)
  set('q', view.search)
  set('account', view.account)
  set('status', view.status)
  set('sellable', view.sellable === null ? null : view.sellable ? 'yes' : 'no')
  set('stock', view.maxStock)
  set('currency', view.currency)
  set('validation', view.validation)
  set('removed', view.withRemoved ? 'yes' : null)
  for (const [name, value] of Object.entries(view.happened ? happenedQuery(view.happened) : {}))
    set(name, String(value))
  const sort = `${view.descending ? '-' : ''}${view.sort}`
  set('sort', sort === 'account' ? null : sort)
  set('page', view.page === 1 ? null : view.page)
  set('size', view.size === 50 ? null : view.size)
  set('cols', view.columns === null ? null : view.columns.join(','))
  set('offer', view.offer)
  return params
}

export type ViewChange = Partial<OfferView>

/** A changed view: whatever changes the selection or its order begins again at the first page. */
export function changeView(view: OfferView, change: ViewChange): OfferView {
  const staysOnPage = Object.keys(change).every((name) => ['page', 'columns', 'offer'].includes(name))
  return { ...view, ...(staysOnPage ? {} : { page: 1 }), ...change }
}

/** How many filters are set, the search not counted. */
export function filterCount(view: OfferView): number {
  const given = [
    view.list,
    view.account,
    view.status,
    view.sellable,
    view.maxStock,
    view.currency,
    view.validation,
  ]
  return [...given, view.happened].filter((value) => value !== null).length + (view.withRemoved ? 1 : 0)
}

export const NO_FILTERS = {
  list: null,
  search: '',
  account: null,
  status: null,
  sellable: null,
  maxStock: null,
  currency: null,
  validation: null,
  withRemoved: false,
  happened: null,
} satisfies ViewChange

/** The filters as the API's `/products` and `/products/export` name them. */
export function filterQuery(view: OfferView) {
  return {
    ...(view.search.trim() === '' ? {} : { search: view.search.trim() }),
    ...(view.account === null ? {} : { account_type: view.account }),
    ...(view.status === null ? {} : { status: [view.status] }),
    ...(view.sellable === null ? {} : { sellable: view.sellable }),
    ...(view.maxStock === null ? {} : { stock_max: view.maxStock }),
    ...(view.currency === null ? {} : { currency: view.currency }),
    ...(view.validation === null ? {} : { validation_status: [view.validation] }),
    ...(view.withRemoved ? { include_removed: true } : {}),
    ...(view.happened === null ? {} : happenedQuery(view.happened)),
    ...(view.list === null ? {} : workingListQuery(view.list, view.maxStock, new Date())),
  }
}

/** What the list is asked for: the filters, the order and the page. */
export function listQuery(view: OfferView) {
  const sort: SortKey | `-${SortKey}` = view.descending ? `-${view.sort}` : view.sort
  // The usual order is left to the server, which puts first what a search names exactly.
  const order = sort === 'account' ? {} : { sort }
  return { ...filterQuery(view), ...order, limit: view.size, skip: (view.page - 1) * view.size }
}

/** The address of the export of a selection. */
export function exportAddress(view: OfferView, format: 'csv' | 'xlsx'): string {
  const params = new URLSearchParams({ format })
  for (const [name, value] of Object.entries(filterQuery(view))) params.set(name, String(value))
  return `/api/v1/emag/products/products/export?${params.toString()}`
}

function oneOf<T extends string>(values: readonly T[], value: string | null): T | null {
  return values.find((known) => known === value) ?? null
}

function whole(text: string | null, least: number, most: number): number | null {
  if (text === null || !/^\d{1,16}$/.test(text)) return null
  const value = Number(text)
  return value >= least && value <= most ? value : null
}
