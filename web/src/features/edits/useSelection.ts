import { useState } from 'react'

export interface Selection {
  readonly chosen: readonly number[]
  has: (id: number) => boolean
  toggle: (id: number) => void
  /** Chooses all, or none when all are chosen. */
  toggleAll: () => void
  clear: () => void
  readonly isAll: boolean
}

/** Rows that were chosen, of those that may be; one that is no longer there does not count. */
export function useSelection(possible: readonly number[]): Selection {
  const [marked, setMarked] = useState<ReadonlySet<number>>(new Set())
  const chosen = possible.filter((id) => marked.has(id))
  const isAll = possible.length > 0 && chosen.length === possible.length
  return {
    chosen,
    isAll,
    has: (id) => marked.has(id),
    toggle: (id) => {
      const next = new Set(chosen)
      if (!next.delete(id)) next.add(id)
      setMarked(next)
    },
    toggleAll: () => setMarked(new Set(isAll ? [] : possible)),
    clear: () => setMarked(new Set()),
  }
}
