/** What is to be put back, as the address says it: `/edits/undo?push=...`, `?run=...`, `?account=main&since=...`, `?account=main&ids=1,2`. */
import type { Schemas } from '../../../api/client.ts'

export type UndoRequest = Schemas['UndoRequest']

export const NOTHING_CHOSEN = {
  push: null as string | null,
  run: null as string | null,
  account: null as string | null,
  /** eMAG's ids of the offers whose last push is meant. */
  ids: [] as string[],
  since: null as string | null,
  until: null as string | null,
}
export type UndoChoice = typeof NOTHING_CHOSEN

/** The request for a choice; null while it does not say enough. */
export function undoRequest(choice: UndoChoice): Omit<UndoRequest, 'preview' | 'confirm'> | null {
  if (choice.push !== null) return { push_id: choice.push }
  if (choice.run !== null) return { run_id: choice.run }
  const ids = choice.ids.map(Number).filter((id) => Number.isSafeInteger(id) && id > 0)
  if (choice.account !== null && ids.length > 0) return { account: choice.account, ids }
  const since = instantOf(choice.since)
  if (choice.account === null || since === null) return null
  const until = instantOf(choice.until)
  return { account: choice.account, since, ...(until === null ? {} : { until }) }
}

/** A local time as an input of the browser has it, `2026-01-31T14:05`, as an instant. */
export function instantOf(local: string | null): string | null {
  if (local === null || local === '') return null
  const instant = new Date(local)
  return Number.isNaN(instant.getTime()) ? null : instant.toISOString()
}
