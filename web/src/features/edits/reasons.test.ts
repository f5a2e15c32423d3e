import { describe, expect, it } from 'vitest'

import { shownValues } from './reasons.ts'

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
})
