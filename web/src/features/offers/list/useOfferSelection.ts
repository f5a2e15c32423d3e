import { useState } from 'react'

import { NOTHING_SELECTED, type OfferSelection } from './selection.ts'
import { filterQuery } from '../filters.ts'
import type { OfferView } from '../view.ts'

/** The selected offers. Another filter or search starts with none; they last across pages. */
export function useOfferSelection(view: OfferView): [OfferSelection, (selection: OfferSelection) => void] {
  const filters = JSON.stringify(filterQuery(view))
  const [state, setState] = useState({ filters, selection: NOTHING_SELECTED })
  return [
    state.filters === filters ? state.selection : NOTHING_SELECTED,
    (selection) => setState({ filters, selection }),
  ]
}
