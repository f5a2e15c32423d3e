import i18next, { type Resource } from 'i18next'
import { expect, test } from 'vitest'

import { INTERPOLATION, LANGUAGES, numbersInTexts } from './translations.ts'

// Every text that counts, in both languages: thousands are separated as the reader separates them.
const FILES = import.meta.glob<Record<string, unknown>>('../**/i18n/*.json', {
  eager: true,
  import: 'default',
})
const MANY = { ro: '12.345', en: '12,345' }

function keysOf(value: unknown, key = ''): string[] {
  if (typeof value === 'string') return value.includes('{{count}}') ? [key] : []
  return Object.entries(value as Record<string, unknown>).flatMap(([name, inner]) =>
    keysOf(inner, key === '' ? name : `${key}.${name}`),
  )
}

test.each(LANGUAGES)('what is counted in %s has separators of thousands', async (language) => {
  const files = Object.entries(FILES).filter(([path]) => path.endsWith(`/${language}.json`))
  const resources: Resource = { [language]: Object.fromEntries(files) as Resource[string] }
  await i18next.use(numbersInTexts).init({ lng: language, resources, interpolation: INTERPOLATION })
  const counting = files.flatMap(([path, texts]) => keysOf(texts).map((key) => ({ path, key })))
  expect(counting.length).toBeGreaterThan(15)
  const wrong = counting.filter(({ path, key }) => {
    // The very form, whatever form the number would have.
    const text = i18next.getResource(language, path, key) as string
    return !i18next.services.interpolator
      .interpolate(text, { count: 12_345 }, language, {})
      .includes(MANY[language])
  })
  expect(wrong).toEqual([])
})

test('other numbers, such as ids, stand as they are', async () => {
  await i18next.use(numbersInTexts).init({ lng: 'ro', resources: {}, interpolation: INTERPOLATION })
  const text = (values: Record<string, unknown>) =>
    i18next.services.interpolator.interpolate('{{id}} {{count}} {{name}}', values, 'ro', {})
  expect(text({ id: 243_409, count: 1_000, name: 'Bec' })).toBe('243409 1.000 Bec')
})
