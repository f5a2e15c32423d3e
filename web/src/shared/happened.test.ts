import { expect, test } from 'vitest'

import { CHANGE_KINDS, offersAddress, readHappened } from './happened.ts'

const read = (address: string) => readHappened(new URL(address, 'http://x').searchParams)

test.each(CHANGE_KINDS)('the list of %s is found by its address', (kind) => {
  const asked = { kind, since: '2026-11-27T22:00:00.000Z', until: null, run: null, reason: null }
  expect(read(offersAddress(asked, 'main'))).toEqual(asked)
})

test('a run, a reason and an end are in the address', () => {
  const asked = {
    kind: 'unsellable',
    since: null,
    until: '2026-11-28T22:00:00.000Z',
    run: '0c2b6a5e-5d56-4d0f-8f0e-0f6a2f9d9a11',
    reason: 'no_stock',
  } as const
  expect(read(offersAddress(asked))).toEqual(asked)
})

test.each([
  '/offers?change=<script>',
  '/offers?change_since=yesterday',
  '/offers?q=led',
  '/offers?change_run=%2E%2E',
])('%s asks for nothing', (address) => {
  expect(read(address)).toBeNull()
})
