import { filterQuery, NO_FILTERS, readFilters, whole, writeFilters, type Filters } from './filters.ts'

/** What the table shows, as the address bar says it: `/offers?q=led&account=main&sort=-sale_price&page=2`. */

export const PAGE_SIZES = [25, 50, 100] as const
export const SORT_KEYS = [
  'account',
  'emag_id',
  'part_number',
  'name',
  'sale_price',
  'stock',
  'created_at',
  'updated_at',
  'last_synced_at',
] as const

/** By which addresses that somebody kept name these columns. */
const OLDER_NAMES: Readonly<Record<string, string>> = {
  account_type: 'account',
  sku: 'part_number',
  price: 'sale_price',
  stock_quantity: 'stock',
}
const newerName = (name: string): string => OLDER_NAMES[name] ?? name

export type SortKey = (typeof SORT_KEYS)[number]

export interface OfferView extends Filters {
  readonly sort: SortKey
  readonly descending: boolean
  readonly page: number
  readonly size: number
  readonly columns: readonly string[] | null
  readonly offer: number | null
  /** The saved filter that it began with. */
  readonly saved: number | null
}

export function readView(params: URLSearchParams): OfferView {
  const sort = params.get('sort') ?? 'account'
  const columns = params.get('cols')
  return {
    ...readFilters(params),
    sort: SORT_KEYS.find((known) => known === newerName(sort.replace(/^-/, ''))) ?? 'account',
    descending: sort.startsWith('-'),
    page: whole(1, 1_000_000)(params.get('page') ?? '') ?? 1,
    size: PAGE_SIZES.find((size) => String(size) === params.get('size')) ?? 50,
    columns:
      columns === null
        ? null
        : columns
            .split(',')
            .filter((name) => name !== '')
            .map(newerName),
    offer: whole(1, Number.MAX_SAFE_INTEGER)(params.get('offer') ?? ''),
    saved: whole(1, Number.MAX_SAFE_INTEGER)(params.get('saved') ?? ''),
  }
}

/** The address of a view; what is as usual is left out. Keys that are not ours are dropped. */
export function writeView(view: OfferView): URLSearchParams {
  const params = new URLSearchParams()
  const set = (name: string, value: string | number | null): void => {
    if (value !== null) params.set(name, String(value))
  }
  writeFilters(view, params)
  const sort = `${view.descending ? '-' : ''}${view.sort}`
  set('sort', sort === 'account' ? null : sort)
  set('page', view.page === 1 ? null : view.page)
  set('size', view.size === 50 ? null : view.size)
  set('cols', view.columns === null ? null : view.columns.join(','))
  set('offer', view.offer)
  set('saved', view.saved)
  return params
}

export type ViewChange = Partial<OfferView>

/** What shows all offers. */
export const WITHOUT_FILTERS: ViewChange = { ...NO_FILTERS, saved: null }

/** A changed view: whatever changes the selection or its order begins again at the first page. */
export function changeView(view: OfferView, change: ViewChange): OfferView {
  const staysOnPage = Object.keys(change).every((name) =>
    ['page', 'columns', 'offer', 'saved'].includes(name),
  )
  return { ...view, ...(staysOnPage ? {} : { page: 1 }), ...change }
}

/** What the list is asked for: the filters, the order and the page. */
export function listQuery(view: OfferView) {
  const sort: SortKey | `-${SortKey}` = view.descending ? `-${view.sort}` : view.sort
  // The usual order is left to the server, which puts first what a search names exactly.
  const order = sort === 'account' ? {} : { sort }
  return { ...filterQuery(view), ...order, limit: view.size, skip: (view.page - 1) * view.size }
}
