import { useEffect, useRef } from 'react'

import type { Product } from '../queries.ts'

interface Props {
  label: string
  checked: boolean
  /** Some of what it stands for is chosen. */
  partly?: boolean
  onToggle: () => void
}

/** The box for a whole page: a box as HTML has it, as each offer's is. */
export function SelectBox({ label, checked, partly = false, onToggle }: Props) {
  const box = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (box.current !== null) box.current.indeterminate = partly && !checked
  }, [partly, checked])
  return (
    <label className="choose-box" title={label}>
      <input ref={box} type="checkbox" aria-label={label} checked={checked} onChange={onToggle} />
    </label>
  )
}

export interface Choosing {
  has: (offer: Product) => boolean
  label: (offer: Product) => string
  toggle: (offer: Product) => void
}

/** The box of one offer. Fifty are drawn at once: it is nothing but HTML. */
export function OfferBox({ offer, choosing }: { offer: Product; choosing: Choosing }) {
  return (
    <label className="choose-box">
      <input
        type="checkbox"
        aria-label={choosing.label(offer)}
        checked={choosing.has(offer)}
        onChange={() => choosing.toggle(offer)}
      />
    </label>
  )
}
