/** A run's errors by their cause. */

export interface RunError {
  readonly code: string
  readonly message: string
  readonly page?: number | null
  readonly emag_id?: number | null
}

export interface Cause {
  /** The key of our texts, `causes.<key>`. */
  readonly key: string
  readonly code: string
  readonly count: number
  readonly pages: readonly number[]
  readonly emagIds: readonly number[]
  /** The different messages, the first few. */
  readonly messages: readonly string[]
}

const SHOWN_MESSAGES = 3
const BAD_ANSWERS = [
  'truncated_answer',
  'not_json',
  'missing_is_error',
  'malformed_results',
  'answer_too_large',
]

/** The texts that belong to an error: kinds of one cause share theirs. */
export function causeOf(error: RunError): string {
  if (BAD_ANSWERS.includes(error.code)) return 'bad_answer'
  if (error.code.startsWith('database')) return 'database'
  // A page's timeout is that of one call; without a page it is the whole run's.
  if (error.code === 'timeout' && error.page != null) return 'call_timeout'
  return error.code
}

/**
 * The errors in groups, the largest first. Of many errors a run keeps the first only; `counts` has how many there were of
 * each code in all.
 */
export function groupErrors(
  errors: readonly RunError[],
  counts: Readonly<Record<string, number>> | null = null,
): Cause[] {
  const groups = new Map<string, RunError[]>()
  const more = notKept(errors, counts ?? {})
  for (const key of more.keys()) groups.set(key, [])
  for (const error of errors) {
    const key = causeOf(error)
    groups.set(key, [...(groups.get(key) ?? []), error])
  }
  return [...groups.entries()]
    .map(([key, members]) => ({
      key,
      code: members[0]?.code ?? key,
      count: members.length + (more.get(key) ?? 0),
      pages: sorted(members.map((error) => error.page)),
      emagIds: sorted(members.map((error) => error.emag_id)),
      messages: [...new Set(members.map((error) => error.message))].slice(0, SHOWN_MESSAGES),
    }))
    .sort((a, b) => b.count - a.count)
}

/** How many errors were not kept, by the key of their texts. */
function notKept(errors: readonly RunError[], counts: Readonly<Record<string, number>>): Map<string, number> {
  const found = new Map<string, number>()
  for (const [code, count] of Object.entries(counts)) {
    const kept = errors.filter((error) => error.code === code).length
    // A run reaches its own time limit once: further timeouts are those of calls.
    const key = code === 'timeout' && kept > 0 ? 'call_timeout' : causeOf({ code, message: '' })
    if (count > kept) found.set(key, (found.get(key) ?? 0) + count - kept)
  }
  return found
}

function sorted(values: readonly (number | null | undefined)[]): number[] {
  return [...new Set(values.filter((value) => value != null))].sort((a, b) => a - b)
}
