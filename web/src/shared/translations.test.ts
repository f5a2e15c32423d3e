import { expect, it } from 'vitest'

import { preferredLanguage } from './translations.ts'

it.each([
  [null, ['ro-RO', 'en'], 'ro'],
  [null, ['de', 'ro'], 'ro'],
  [null, ['en-US'], 'en'],
  [null, ['hu'], 'en'],
  ['ro', ['en'], 'ro'],
  ['xx', ['ro'], 'ro'],
])('stored %s, browser %s: %s', (stored, wanted, language) => {
  expect(preferredLanguage(stored, wanted)).toBe(language)
})
