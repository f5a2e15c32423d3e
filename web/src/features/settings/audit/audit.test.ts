import { expect, it } from 'vitest'

import { actionKey, ACTIONS, detailText } from './audit.ts'
import ro from '../i18n/ro.json'

it('every known action has words', () => {
  const words = Object.keys(ro.audit.actions)
  expect(ACTIONS.map(actionKey).filter((key) => !words.includes(key))).toEqual([])
})

const WORDS: Record<string, string> = ro.audit.details
const words = {
  name: (name: string) => WORDS[name] ?? name,
  value: (value: string | number | boolean) => (value === 'admin' ? 'administrator' : String(value)),
}

it('details are one line, in words', () => {
  expect(detailText({}, words)).toBe('')
  expect(
    detailText({ role: 'admin', file: null, ids: [1, 2], events: [], counts: { repriced: 3 }, x: 1 }, words),
  ).toBe('Rol: administrator; ID-uri: 1, 2; Numere: Preț schimbat 3; x: 1')
  expect(detailText({ ids: Array.from({ length: 200 }, (_, id) => id) }, words)).toHaveLength(301)
})
