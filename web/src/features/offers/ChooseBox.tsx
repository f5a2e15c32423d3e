import { useEffect, useRef } from 'react'

import type { Product } from './queries.ts'

interface Props {
  label: string
  checked: boolean
  /** Some of what it stands for is chosen. */
  partly?: boolean
  onToggle: () => void
}

/** A box as HTML has it: fifty of the library's cost more than the rest of the table. */
export function ChooseBox({ label, checked, partly = false, onToggle }: Props) {
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

export function OfferBox({ offer, choosing }: { offer: Product; choosing: Choosing }) {
  return (
    <ChooseBox
      label={choosing.label(offer)}
      checked={choosing.has(offer)}
      onToggle={() => choosing.toggle(offer)}
    />
  )
}
