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

it('the outlook counts what may be kept and what stands in the way', () => {
  const counts = { ok: 3, needs_confirmation: 2, error: 1, unchanged: 9 }
  expect(outlookOf({ counts })).toEqual({ good: 3, doubtful: 2, wrong: 1 })
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
