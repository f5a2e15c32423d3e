import type { Schemas } from '../api/client.ts'

/** What can happen to an offer, as the API names it; `changeKinds.<kind>` has the words. */
export type ChangeKind = Schemas['ChangeKind']

export const CHANGE_KINDS = [
  'price_by_emag',
  'price_by_us',
  'stock_by_emag',
  'stock_by_us',
  'new',
  'gone',
  'back',
  'unsellable',
  'sellable',
  'buy_button_lost',
  'buy_button_won',
  'undercut',
  'cheapest',
  'documentation_rejected',
  'documentation_cleared',
  'edit_refused',
  'conflict',
  'other',
] as const satisfies readonly ChangeKind[]

/** Offers by what happened to them: of one kind or any, within a time or by one run. Times as the API has them. */
export interface Happened {
  readonly kind: ChangeKind | null
  readonly since: string | null
  readonly until: string | null
  readonly run: string | null
  /** Of offers that became unsellable: a code of why. */
  readonly reason: string | null
}

export const NOTHING_ASKED: Happened = { kind: null, since: null, until: null, run: null, reason: null }

/** What an address asks for; null where it asks for nothing of this. */
export function readHappened(params: URLSearchParams): Happened | null {
  const found: Happened = {
    kind: CHANGE_KINDS.find((kind) => kind === params.get('change')) ?? null,
    since: timeIn(params.get('change_since')),
    until: timeIn(params.get('change_until')),
    run: /^[\w-]{1,36}$/.exec(params.get('change_run') ?? '')?.[0] ?? null,
    reason: /^\w{1,64}$/.exec(params.get('change_reason') ?? '')?.[0] ?? null,
  }
  return Object.values(found).every((value) => value === null) ? null : found
}

/** The parameters of the list of products for it; the page's addresses have the same names. */
export function happenedQuery({ kind, since, until, run, reason }: Happened) {
  return {
    ...(kind === null ? {} : { change: [kind] }),
    ...(since === null ? {} : { change_since: since }),
    ...(until === null ? {} : { change_until: until }),
    ...(run === null ? {} : { change_run: run }),
    ...(reason === null ? {} : { change_reason: reason }),
  }
}

/** The address of the list of exactly these offers. */
export function offersAddress(asked: Partial<Happened>, account: string | null = null): string {
  const params = new URLSearchParams(account === null ? {} : { account })
  for (const [name, value] of Object.entries(happenedQuery({ ...NOTHING_ASKED, ...asked })))
    params.set(name, String(value))
  return `/offers?${params.toString()}`
}

function timeIn(text: string | null): string | null {
  return text !== null && /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(text) ? text : null
}
