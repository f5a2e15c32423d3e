import { describe, expect, test } from 'vitest'

import { endedToTell } from './offerEdits.ts'

type State = 'open' | 'applied' | 'rejected' | 'lost'

function edit(id: number, field: 'sale_price' | 'stock', state: State, remarks: string | null = null) {
  return { id, field, warehouse_id: field === 'stock' ? 1 : null, state, remarks }
}

describe('what is told of edits that have ended', () => {
  test('the last one of each value, where eMAG refused it or had remarks', () => {
    const found = endedToTell([
      edit(5, 'stock', 'applied', 'Look again'),
      edit(4, 'sale_price', 'rejected'),
      edit(3, 'stock', 'rejected'),
      edit(2, 'sale_price', 'applied', 'Far from others'),
    ])
    expect(found.map(({ id }) => id)).toEqual([5, 4])
  })

  test.each<[string, State]>([
    ['was edited again', 'open'],
    ['was applied since', 'applied'],
    ['was lost since', 'lost'],
  ])('nothing of a value that %s', (_, state) => {
    expect(endedToTell([edit(2, 'sale_price', state), edit(1, 'sale_price', 'rejected')])).toEqual([])
  })
})
