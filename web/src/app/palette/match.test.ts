import { expect, it } from 'vitest'

import { matches } from './match.ts'

it.each([
  ['Setări › Conturi eMAG', 'conturi', true],
  ['Setări › Conturi eMAG', 'setari emag', true],
  ['Setări › Conturi eMAG', 'emag setări', true],
  ['Setări › Conturi eMAG', 'istoric', false],
  ['Închide sincronizările blocate', 'inchide SINC', true],
  ['Oferte', '', true],
])('%s by „%s”: %s', (text, typed, found) => {
  expect(matches(text, typed)).toBe(found)
})
