/** Saved filters: what of a view is kept, and the view that they stand for. */
import { NO_FILTERS, readFilters } from '../filters.ts'
import { readView, writeView, type OfferView, type ViewChange } from '../view.ts'
import type { SavedFilter } from './queries.ts'

/** The filters and the order of a view, as they are kept: neither the page nor the columns nor the open offer. */
export function savedQuery(view: OfferView): string {
  return writeView({ ...view, page: 1, size: 50, columns: null, offer: null, saved: null }).toString()
}

/** What shows a saved filter. */
export function showing({ id, query }: Pick<SavedFilter, 'id' | 'query'>): ViewChange {
  const params = new URLSearchParams(query)
  const { sort, descending } = readView(params)
  return { ...NO_FILTERS, ...readFilters(params), sort, descending, saved: id }
}

/** The saved filter that a view began with, and whether something is other than it has it. */
export function savedOf(
  view: OfferView,
  filters: readonly SavedFilter[],
): { filter: SavedFilter; isChanged: boolean } | null {
  const filter = filters.find(({ id }) => id === view.saved)
  if (filter === undefined) return null
  // As it is written today: an older one may have other names, or another order.
  return { filter, isChanged: savedQuery(view) !== savedQuery(readView(new URLSearchParams(filter.query))) }
}
