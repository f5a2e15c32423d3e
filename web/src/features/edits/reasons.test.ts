import { describe, expect, it } from 'vitest'

import en from './i18n/en.json'
import ro from './i18n/ro.json'
import { quotesEmag, shownValues } from './reasons.ts'

describe('values of a reason', () => {
  const write = (value: string | null): string => (value === null ? '—' : `<${value}>`)

  it('are those of the field in the reader’s writing, an empty one as no value', () => {
    expect(shownValues({ values: { base: '', emag: '5.0000' } }, write)).toEqual({
      base: '—',
      emag: '<5.0000>',
    })
  })

  it('leave names and numbers as they are', () => {
    expect(shownValues({ values: { by: '5', hold: '12', times: '5', cause: 'timeout' } }, write)).toEqual({
      by: '5',
      hold: '12',
      times: '5',
      cause: 'timeout',
    })
  })

  it('leave eMAG’s words and the advice as they are, and tell that the words are for the reader', () => {
    const why = { code: 'refused_by_emag', values: { message: '5.0000', advice: 'price_limits' } } as const
    expect(shownValues(why, write)).toEqual(why.values)
    expect(quotesEmag(why)).toBe(true)
    expect(quotesEmag({ code: 'unreadable' })).toBe(false)
  })

  it('have advice in both languages', () => {
    expect(Object.keys(ro.advice)).toEqual(Object.keys(en.advice))
  })
})
