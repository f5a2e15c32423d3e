import { expect, it } from 'vitest'

import { actionKey, ACTIONS, detailText } from './audit.ts'
import ro from '../i18n/ro.json'

it('every known action has words', () => {
  const words = Object.keys(ro.audit.actions)
  expect(ACTIONS.map(actionKey).filter((key) => !words.includes(key))).toEqual([])
})

it('details are one line', () => {
  expect(detailText({})).toBe('')
  expect(detailText({ role: 'admin', file: null, ids: [1, 2], counts: { repriced: 3 } })).toBe(
    'role: admin; ids: 1, 2; counts: repriced 3',
  )
  expect(detailText({ ids: Array.from({ length: 200 }, (_, id) => id) })).toHaveLength(301)
})
