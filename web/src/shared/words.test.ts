import { expect, test } from 'vitest'

// One word for one thing, and a word that a shop's people use. A word that was given up does not come back.
const FILES = import.meta.glob<Record<string, unknown>>('../**/i18n/ro.json', {
  eager: true,
  import: 'default',
})
/** What is not said any more, and what is said instead. */
const GIVEN_UP: readonly (readonly [RegExp, string])[] = [
  [/\bfrân/iu, 'trimiterea a fost oprită, cere confirmare'],
  [/vandab|\bse (pot )?vinde/iu, 'la vânzare'],
  [/dispărut/iu, 'nu mai există pe eMAG'],
  [/(pune|pun|puneți|pus|drum) înapoi/iu, 'restabilește'],
  [/sari peste (rând|cont)/iu, 'ignoră'],
  [/\b(aleas[ăe]|alese)\b/iu, 'selectate'],
  [/(modificare|valori|modificări)\w*( nu)? (a|au|pot)( fi)? (fost )?păstrat/iu, 'salvate'],
  [/se păstrează înainte/iu, 'se salvează'],
  [/renunțată/iu, 'abandonată'],
  [/\btotală\b/iu, 'integrală'],
  [/nereușit/iu, 'cu erori'],
  [/curăț(ă|area|are|ate)\b/iu, 'închide sincronizările blocate'],
  [
    /în repaus|ieși din cont|conectează-te|ca sistemul/iu,
    'nicio sincronizare în curs, deconectare, conectare, automat',
  ],
  [/timpul? limită/iu, 'timp alocat'],
  [/timp (de )?livrare/iu, 'timp de pregătire'],
  [/cont(ul)? de marketplace/iu, 'contul de vânzător eMAG'],
  [/copi\p{L}+ de siguranță/iu, 'copia de rezervă'],
  [/preț de vânzare/iu, 'preț fără TVA'],
  // Readers are addressed politely.
  [/(^|\s)(ești|ai|tău|ta|tale|vrei|poți)(?!\p{L})/iu, 'sunteți, dumneavoastră'],
]

function textsOf(value: unknown): string[] {
  return typeof value === 'string'
    ? [value]
    : Object.values(value as Record<string, unknown>).flatMap(textsOf)
}

const TEXTS = Object.values(FILES).flatMap(textsOf)

test.each(GIVEN_UP)('%s is not said: it is %s', (word) => {
  expect(TEXTS.length).toBeGreaterThan(500)
  expect(TEXTS.filter((text) => word.test(text))).toEqual([])
})
