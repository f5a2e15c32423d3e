import { expect, it } from 'vitest'

import { instantOf, NOTHING_CHOSEN, undoRequest } from './undo.ts'

const choose = (choice: Partial<typeof NOTHING_CHOSEN>) => undoRequest({ ...NOTHING_CHOSEN, ...choice })

it('a push, a run, or a span of time of an account can be undone', () => {
  expect(choose({ push: 'p1' })).toEqual({ push_id: 'p1' })
  expect(choose({ run: 'r1' })).toEqual({ run_id: 'r1' })
  const since = instantOf('2026-01-31T14:05')
  expect(choose({ account: 'main', since: '2026-01-31T14:05' })).toEqual({ account: 'main', since })
  expect(choose({ account: 'main', since: '2026-01-31T14:05', until: '2026-01-31T15:00' })).toMatchObject({
    until: instantOf('2026-01-31T15:00'),
  })
})

it('the last push of chosen offers can be undone', () => {
  expect(choose({ account: 'main', ids: ['7', '12', 'x', '-1'] })).toEqual({
    account: 'main',
    ids: [7, 12],
  })
  expect(choose({ ids: ['7'] })).toBeNull()
})

it('nothing is asked for while the choice does not say enough', () => {
  expect(choose({})).toBeNull()
  expect(choose({ account: 'main' })).toBeNull()
  expect(choose({ account: 'main', since: 'ieri' })).toBeNull()
  expect(choose({ since: '2026-01-31T14:05' })).toBeNull()
})
