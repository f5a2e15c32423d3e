// @vitest-environment jsdom
import { afterEach, describe, expect, it, vi } from 'vitest'

import { gravestFirst, outlookOf, pastedFile, sendBulk, type BulkRow } from './bulk.ts'

const row = (number: number, effect: BulkRow['effect']) => ({ row: number, effect }) as BulkRow
const request = { file: pastedFile('emag_id;stock\n1;2'), account: 'main' }

function answer(status: number, body: object) {
  const sent: Request[] = []
  vi.stubGlobal('fetch', async (asked: Request) => {
    sent.push(asked)
    return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
  })
  return sent
}

afterEach(() => vi.unstubAllGlobals())

it('rows that need a person come first, each kind in the order of the file', () => {
  const rows = [row(2, 'ok'), row(3, 'error'), row(4, 'needs_confirmation'), row(5, 'ok'), row(6, 'error')]
  expect(gravestFirst(rows).map(({ row: number }) => number)).toEqual([3, 6, 4, 2, 5])
})

describe('the outlook', () => {
  const unsure = (number: number, ...codes: string[]) => ({
    ...row(number, 'needs_confirmation'),
    doubts: codes.map((code) => ({ field: 'x', message: '', code })),
  })
  const rows = [
    unsure(2, 'implausible_change'),
    unsure(3, 'hidden_row'),
    unsure(4, 'hidden_column', 'vat_slip'),
  ] as BulkRow[]
  const counts = { ok: 3, needs_confirmation: 3, error: 1, unchanged: 9 }

  it.each([
    { confirm: false, includeHidden: false, good: 3, waiting: 3 },
    { confirm: true, includeHidden: false, good: 4, waiting: 2 },
    { confirm: false, includeHidden: true, good: 4, waiting: 2 },
    { confirm: true, includeHidden: true, good: 6, waiting: 0 },
  ])('counts what may be kept with $confirm and $includeHidden', ({ good, waiting, ...yes }) => {
    expect(outlookOf({ counts, rows }, yes)).toEqual({ good, waiting, doubtful: 2, hidden: 2, wrong: 1 })
  })
})

describe('a list', () => {
  it('is previewed first', async () => {
    const sent = answer(200, { data: { applied: false, token: 't', rows: [] } })
    expect(await sendBulk(request, { preview: true })).toMatchObject({ token: 't' })
    expect(sent[0]?.url).toContain('/api/v1/emag/products/products/bulk-edit')
  })

  it('that is refused row by row is an answer, not an error', async () => {
    answer(422, {
      code: 'edit_refused',
      detail: 'no',
      data: { applied: false, token: 't', rows: [row(2, 'error')] },
    })
    expect(await sendBulk(request, { preview: false, token: 't' })).toMatchObject({ applied: false })
  })

  it('that cannot be read at all is an error', async () => {
    answer(422, { code: 'file_unreadable', detail: 'no' })
    await expect(sendBulk(request, { preview: true })).rejects.toMatchObject({ code: 'file_unreadable' })
  })
})
