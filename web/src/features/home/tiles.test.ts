import i18next from 'i18next'
import { beforeAll, describe, expect, test } from 'vitest'

import { CHANGE_KINDS } from '../../shared/happened.ts'
import en from './i18n/en.json'
import ro from './i18n/ro.json'

const TILES = [...CHANGE_KINDS, 'approvals', 'brakes', 'failedRuns']
const CASES = TILES.flatMap((tile) => (['ro', 'en'] as const).map((language) => [tile, language] as const))

beforeAll(async () => {
  await i18next.init({ resources: { ro: { home: ro }, en: { home: en } } })
})

/** The words beside a number. */
function wordsOf(tile: string, language: 'ro' | 'en', count: number): string {
  return i18next.getFixedT(language, 'home')(`tiles.${tile}`, { count })
}

describe('the words beside the numbers of the first page', () => {
  test.each(CASES)('%s in %s has the form of its number', (tile, language) => {
    const [none, one, two, twenty] = [0, 1, 2, 20].map((count) => wordsOf(tile, language, count))
    expect([none, one, two, twenty]).not.toContain(`tiles.${tile}`)
    expect(one).not.toBe(two)
    expect(none).toBe(two)
    expect(twenty).toBe(language === 'ro' ? `de ${two ?? ''}` : two)
  })

  test('no tile has words that no number shows', () => {
    const stems = (texts: object) =>
      [...new Set(Object.keys(texts).map((key) => key.replace(/_[a-z]+$/, '')))].sort()
    expect(stems(ro.tiles)).toEqual([...TILES].sort())
    expect(stems(en.tiles)).toEqual([...TILES].sort())
  })
})
