/** Which offers of the table were chosen, to be changed together: some, also of several pages, or all that were found. */

export interface ChosenOffer {
  readonly id: number
  readonly account_type: string
  readonly emag_id: number
}

/** What one change may be made to at once. */
export const MOST_CHOSEN = 10_000
/** So many ids have room in an address. */
export const MOST_UNDONE = 500

export type Chosen =
  | { readonly kind: 'some'; readonly offers: ReadonlyMap<number, ChosenOffer> }
  | { readonly kind: 'all'; readonly total: number }

export const NONE_CHOSEN: Chosen = { kind: 'some', offers: new Map() }

export function isChosen(chosen: Chosen, id: number): boolean {
  return chosen.kind === 'all' || chosen.offers.has(id)
}

export function chosenCount(chosen: Chosen): number {
  return chosen.kind === 'all' ? chosen.total : chosen.offers.size
}

/** One more, or one less. Of all that were found none can be left out: choosing begins anew, with this page's others. */
export function toggled(chosen: Chosen, offer: ChosenOffer, page: readonly ChosenOffer[]): Chosen {
  const offers = new Map(chosen.kind === 'all' ? page.map((one) => [one.id, one]) : chosen.offers)
  if (!offers.delete(offer.id)) offers.set(offer.id, offer)
  return { kind: 'some', offers }
}

/** The whole page, or none of it where all of it is chosen. Those of other pages stay. */
export function pageToggled(chosen: Chosen, page: readonly ChosenOffer[]): Chosen {
  if (chosen.kind === 'all') return NONE_CHOSEN
  const offers = new Map(chosen.offers)
  const isWhole = page.every(({ id }) => offers.has(id))
  for (const one of page) {
    if (isWhole) offers.delete(one.id)
    else offers.set(one.id, one)
  }
  return { kind: 'some', offers }
}

/** The addresses that undo what was sent last of these offers, an account each; none where too many are chosen. */
export function undoLinks(chosen: Chosen): { account: string; to: string }[] {
  if (chosen.kind === 'all' || chosen.offers.size > MOST_UNDONE) return []
  const byAccount = new Map<string, number[]>()
  for (const { account_type: account, emag_id } of chosen.offers.values()) {
    byAccount.set(account, [...(byAccount.get(account) ?? []), emag_id])
  }
  return [...byAccount.entries()]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([account, ids]) => ({
      account,
      to: `/edits/undo?account=${account}&ids=${ids.sort((a, b) => a - b).join(',')}`,
    }))
}
