import { useState } from 'react'

import { NONE_CHOSEN, type Chosen } from './chosen.ts'
import { filterQuery, type OfferView } from './view.ts'

/** What is chosen of a selection: another filter or search begins with nothing, another page goes on. */
export function useChosen(view: OfferView): [Chosen, (chosen: Chosen) => void] {
  const selection = JSON.stringify(filterQuery(view))
  const [state, setState] = useState({ selection, chosen: NONE_CHOSEN })
  return [
    state.selection === selection ? state.chosen : NONE_CHOSEN,
    (chosen) => setState({ selection, chosen }),
  ]
}
