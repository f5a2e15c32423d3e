import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useSearchParams } from 'react-router'

import { changeView, readView, writeView, type OfferView, type ViewChange } from './view.ts'

/**
 * The view that the address says, the view that was chosen, and how to choose. The address follows a choice only after
 * the page has been drawn anew; what a person clicks shows the choice at once.
 */
export function useOfferView(): [OfferView, OfferView, (change: ViewChange) => void] {
  const [params, setParams] = useSearchParams()
  const view = useMemo(() => readView(params), [params])
  const [chosen, setChosen] = useState<{ at: URLSearchParams; view: OfferView } | null>(null)
  // Choices that follow each other before the address does are added up.
  const latest = useRef({ params, view, setParams })
  useEffect(() => {
    latest.current = { params, view, setParams }
  }, [params, view, setParams])

  const change = useCallback((wanted: ViewChange) => {
    const now = latest.current
    const next = changeView(now.view, wanted)
    now.view = next
    setChosen({ at: now.params, view: next })
    // A page and an offer are places to come back to; a filter takes the place of the one before.
    now.setParams(writeView(next), { replace: !('page' in wanted) && wanted.offer == null })
  }, [])
  return [view, chosen !== null && chosen.at === params ? chosen.view : view, change]
}
