/** Which offers of the table were selection, to be changed together: some, also of several pages, or all that were found. */

export interface SelectedOffer {
  readonly id: number
  readonly account: string
  readonly emag_id: number
}

/** So many ids have room in an address. */
export const MAX_UNDONE = 500

export type OfferSelection =
  | { readonly kind: 'some'; readonly offers: ReadonlyMap<number, SelectedOffer> }
  | { readonly kind: 'all'; readonly total: number }

export const NOTHING_SELECTED: OfferSelection = { kind: 'some', offers: new Map() }

export function isSelected(selection: OfferSelection, id: number): boolean {
  return selection.kind === 'all' || selection.offers.has(id)
}

export function selectedCount(selection: OfferSelection): number {
  return selection.kind === 'all' ? selection.total : selection.offers.size
}

/** One more, or one less. Of all that were found none can be left out: choosing begins anew, with this page's others. */
export function toggled(
  selection: OfferSelection,
  offer: SelectedOffer,
  page: readonly SelectedOffer[],
): OfferSelection {
  const offers = new Map(selection.kind === 'all' ? page.map((one) => [one.id, one]) : selection.offers)
  if (!offers.delete(offer.id)) offers.set(offer.id, offer)
  return { kind: 'some', offers }
}

/** The whole page, or none of it where all of it is selection. Those of other pages stay. */
export function pageToggled(selection: OfferSelection, page: readonly SelectedOffer[]): OfferSelection {
  if (selection.kind === 'all') return NOTHING_SELECTED
  const offers = new Map(selection.offers)
  const isWhole = page.every(({ id }) => offers.has(id))
  for (const one of page) {
    if (isWhole) offers.delete(one.id)
    else offers.set(one.id, one)
  }
  return { kind: 'some', offers }
}

/** The addresses that undo what was sent last of these offers, an account each; none where too many are selection. */
export function undoLinks(selection: OfferSelection): { account: string; to: string }[] {
  if (selection.kind === 'all' || selection.offers.size > MAX_UNDONE) return []
  const byAccount = new Map<string, number[]>()
  for (const { account, emag_id } of selection.offers.values()) {
    byAccount.set(account, [...(byAccount.get(account) ?? []), emag_id])
  }
  return [...byAccount.entries()]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([account, ids]) => ({
      account,
      to: `/edits/undo?account=${account}&ids=${ids.sort((a, b) => a - b).join(',')}`,
    }))
}
