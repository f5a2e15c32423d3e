import { expect, test } from 'vitest'

import { readPeriod, spanOf, writePeriod } from './periods.ts'

const NOW = new Date(2026, 9, 26, 9, 30)

test.each([null, 'visit', '2026-11-27'])('the address %s says the period', (text) => {
  expect(writePeriod(readPeriod(text))).toBe(text)
})

test.each(['', 'yesterday', '2026-02-30', '1999-12-31', '2026-1-1'])('%s is since yesterday', (text) => {
  expect(readPeriod(text)).toEqual({ kind: 'yesterday' })
})

test('yesterday begins at midnight, also when it had 25 hours', () => {
  expect(spanOf({ kind: 'yesterday' }, NOW, null)).toEqual({
    since: new Date(2026, 9, 25).toISOString(),
    until: null,
  })
})

test('a day ends where the next one begins', () => {
  expect(spanOf({ kind: 'day', day: '2026-10-25' }, NOW, null)).toEqual({
    since: new Date(2026, 9, 25).toISOString(),
    until: new Date(2026, 9, 26).toISOString(),
  })
})

test('who was never here before sees what there is since yesterday', () => {
  const visit = { kind: 'visit' } as const
  expect(spanOf(visit, NOW, null)).toEqual(spanOf({ kind: 'yesterday' }, NOW, null))
  expect(spanOf(visit, NOW, '2026-10-20T08:00:00Z')).toEqual({ since: '2026-10-20T08:00:00Z', until: null })
})
