// @vitest-environment jsdom
import { afterEach, expect, it, vi } from 'vitest'

import { BACKGROUND } from './activity.ts'
import { fetchOrThrow } from './client.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

async function headerOfACall(): Promise<string | null> {
  let sent: string | null = null
  vi.stubGlobal('fetch', (request: Request) => {
    sent = request.headers.get(BACKGROUND)
    return Promise.resolve(new Response('{}'))
  })
  await fetchOrThrow(new Request('http://localhost/api/v1/auth/sessions'))
  return sent
}

it('calls of a page that nobody has touched for a minute say so', async () => {
  vi.useFakeTimers({ now: Date.now() })
  window.dispatchEvent(new Event('keydown'))
  expect(await headerOfACall()).toBeNull()
  vi.advanceTimersByTime(61_000)
  expect(await headerOfACall()).toBe('1')
  window.dispatchEvent(new Event('pointermove'))
  expect(await headerOfACall()).toBeNull()
})
