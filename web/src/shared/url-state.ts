import { useCallback, useMemo, useState } from 'react'
import { useSearchParams } from 'react-router'

type Value = string | number | boolean | string[] | null
export type UrlState = Record<string, Value>

/** Reads one value as the type that its default has; what cannot be read counts as not there. */
function parse(text: string, like: Value): Value | undefined {
  if (typeof like === 'number') {
    const number = Number(text)
    return text !== '' && Number.isFinite(number) ? number : undefined
  }
  if (typeof like === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined
  if (Array.isArray(like)) return text === '' ? [] : text.split(',')
  return text
}

function write(value: Value): string {
  return Array.isArray(value) ? value.join(',') : String(value)
}

/** The state that the address holds, with the defaults for what it does not say. */
export function readState<T extends UrlState>(params: URLSearchParams, defaults: T): T {
  const state: UrlState = { ...defaults }
  for (const [name, like] of Object.entries(defaults)) {
    const text = params.get(name)
    const value = text === null ? undefined : parse(text, like)
    if (value !== undefined) state[name] = value
  }
  return state as T
}

/** The address for `state`: only what differs from the defaults. Parameters of others stay. */
export function writeState<T extends UrlState>(
  params: URLSearchParams,
  state: T,
  defaults: T,
): URLSearchParams {
  const next = new URLSearchParams(params)
  for (const [name, value] of Object.entries(state)) {
    const like = defaults[name] ?? null
    if (value === null || write(value) === write(like)) next.delete(name)
    else next.set(name, write(value))
  }
  return next
}

/**
 * State that lives in the address: a reload, a bookmark and the back button keep it. `defaults` must be a constant;
 * a default of null stands for an optional text. The setter takes the changes only.
 */
export function useUrlState<T extends UrlState>(
  defaults: T,
): [T, (changes: Partial<T>, options?: { push?: boolean }) => void] {
  const [params, setParams] = useSearchParams()
  const [fixed] = useState(defaults)
  const state = useMemo(() => readState(params, fixed), [params, fixed])
  const set = useCallback(
    (changes: Partial<T>, options: { push?: boolean } = {}) => {
      setParams((current) => writeState(current, { ...readState(current, fixed), ...changes }, fixed), {
        replace: !options.push,
      })
    },
    [setParams, fixed],
  )
  return [state, set]
}
