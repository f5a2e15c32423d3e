import { useEffect, useState } from 'react'

/** The value, once it has stayed the same for `delay` milliseconds: for requests that typing causes. */
export function useDebounced<T>(value: T, delay = 300): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delay)
    return () => clearTimeout(timer)
  }, [value, delay])
  return settled
}
