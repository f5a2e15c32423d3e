import { describe, expect, test } from 'vitest'

// Romanian counts "2 oferte", "19 oferte" and "101 oferte", but "20 de oferte": Intl.PluralRules calls the latter `other`.
const FILES = import.meta.glob<Record<string, unknown>>('../**/i18n/ro.json', {
  eager: true,
  import: 'default',
})
/** What is counted on the page. A new noun that is counted belongs here. */
const NOUNS = [
  'bucăți|caractere|cereri|citiri|conflicte|conturi|erori|fișiere|încercări|linii|minute|modificări|oferte|ore',
  'ori|pagini|produse|rânduri|refuzuri|runde|secunde|sesiuni|sincronizări|utilizatori|valori|zile|zecimale',
].join('|')
/** Numbers that are always the same, so that the text may be written for them. */
const FIXED: ReadonlySet<string> = new Set([
  'edits:reasons.no_effect', // five times
  'edits:reasons.broke_again', // the same
  'offers:selection.tooMany', // ten thousand
  'identity:own.rule', // twelve characters
  'settings:users.passwordRule', // twelve characters
])

interface Text {
  readonly key: string
  readonly text: string
}

function textsOf(value: unknown, key: string): Text[] {
  if (typeof value === 'string') return [{ key, text: value }]
  return Object.entries(value as Record<string, unknown>).flatMap(([name, inner]) =>
    textsOf(inner, `${key}${key.endsWith(':') ? '' : '.'}${name}`),
  )
}

/** `../features/edits/i18n/ro.json` is `edits:`. */
function roomOf(file: string): string {
  return `${
    file
      .replace(/\/i18n\/ro\.json$/, '')
      .split('/')
      .pop() ?? ''
  }:`
}

function faultOf({ key, text }: Text): string | null {
  const counted = new RegExp(`\\{\\{\\w+\\}\\} (de )?(?:${NOUNS})(?![a-zăâîșț/])`, 'u').exec(text)
  if (counted === null || FIXED.has(key)) return null
  const form = /_(zero|one|two|few|many|other)$/.exec(key)?.[1]
  if (form === undefined) return `${key} counts and has no plural forms: ${text}`
  const wanted = form === 'other'
  return (counted[1] !== undefined) === wanted ? null : `${key} ${wanted ? 'lacks' : 'has'} „de”: ${text}`
}

const TEXTS = Object.entries(FILES).flatMap(([file, texts]) => textsOf(texts, roomOf(file)))

describe('Romanian numbers', () => {
  test('what is counted has the form of its number, with "de" from twenty on', () => {
    expect(TEXTS.length).toBeGreaterThan(500)
    expect(TEXTS.map(faultOf).filter((fault) => fault !== null)).toEqual([])
  })

  test('a text with one plural form has all three', () => {
    const keys = new Set(TEXTS.map(({ key }) => key))
    const stems = new Set(
      [...keys].filter((key) => /_(one|few|other)$/.test(key)).map((key) => key.replace(/_[a-z]+$/, '')),
    )
    const missing = [...stems].flatMap((stem) =>
      ['one', 'few', 'other'].map((form) => `${stem}_${form}`).filter((key) => !keys.has(key)),
    )
    expect(missing).toEqual([])
  })

  test.each([
    [{ key: 'x:a', text: '{{count}} oferte' }, true],
    [{ key: 'x:a_few', text: 'cele {{count}} oferte' }, false],
    [{ key: 'x:a_few', text: '{{count}} de oferte' }, true],
    [{ key: 'x:a_other', text: '{{formatted}} oferte citite' }, true],
    [{ key: 'x:a_other', text: '{{formatted}} de oferte citite' }, false],
    [{ key: 'x:a', text: '{{value}} oferte/s' }, false],
    [{ key: 'x:a', text: '{{account}} orice' }, false],
  ])('the rule itself: %o', (text, isFault) => {
    expect(faultOf(text) !== null).toBe(isFault)
  })
})
