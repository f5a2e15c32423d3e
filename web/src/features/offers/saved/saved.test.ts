import { describe, expect, it } from 'vitest'

import { changeView, readView } from '../view.ts'
import type { SavedFilter } from './queries.ts'
import { savedOf, savedQuery, showing } from './saved.ts'

const view = (query: string) => readView(new URLSearchParams(query))
const QUERY = 'list=no_image&q=led&category=10&category=20&price_min=10&sort=-sale_price'
const FILTER: SavedFilter = {
  id: 7,
  name: 'Lămpi',
  owner: 'maria',
  may_change: true,
  query: QUERY,
  shared: true,
  updated_at: '2026-11-29T00:00:00Z',
}

describe('a saved filter', () => {
  it('has the filters and the order of the view, and not where one is in it', () => {
    expect(savedQuery(view(`${QUERY}&page=3&size=25&cols=name&offer=5&saved=7`))).toBe(QUERY)
  })

  it('shows what it was made of, and nothing of what was filtered by before', () => {
    const shown = changeView(view('account=fbe&brand=A&page=3&cols=name&sort=name'), showing(FILTER))
    expect(savedQuery(shown)).toBe(QUERY)
    expect(shown).toMatchObject({ saved: 7, account: null, brands: [], page: 1, columns: ['name'] })
  })

  it('is changed once something is other than it has it', () => {
    const shown = changeView(view(''), showing(FILTER))
    expect(savedOf(shown, [FILTER])).toEqual({ filter: FILTER, isChanged: false })
    expect(savedOf(changeView(shown, { page: 2, offer: 3 }), [FILTER])?.isChanged).toBe(false)
    expect(savedOf(changeView(shown, { search: 'bec' }), [FILTER])?.isChanged).toBe(true)
    expect(savedOf(shown, [])).toBeNull()
    expect(savedOf(view(QUERY), [FILTER])).toBeNull()
  })
})
