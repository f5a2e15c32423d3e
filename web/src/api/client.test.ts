// @vitest-environment jsdom
import { afterEach, describe, expect, it, vi } from 'vitest'

import { ApiError, fetchOrThrow } from './client.ts'
import { onSessionEnd } from './session.ts'

const problem = (status: number, body: object) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json' } })

const request = (path = '/api/v1/users') =>
  new Request(`http://localhost${path}`, { method: 'POST', body: '{"typed":"text"}' })

const answers = (...given: (() => Response)[]) => {
  const bodies: string[] = []
  vi.stubGlobal('fetch', async (sent: Request) => {
    bodies.push(await sent.text())
    const next = given.shift()
    if (next === undefined) throw new TypeError('Failed to fetch')
    return next()
  })
  return bodies
}

afterEach(() => vi.unstubAllGlobals())

describe('every failure is one kind of error', () => {
  it('a problem answer keeps its code, detail, fields and members', async () => {
    answers(() => problem(409, { code: 'account_busy', detail: 'busy', run_id: 'r1', errors: [] }))
    const error = await fetchOrThrow(request()).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({
      status: 409,
      code: 'account_busy',
      detail: 'busy',
      extra: { run_id: 'r1' },
    })
  })

  it('an answer that is no problem answer, and no answer', async () => {
    answers(() => new Response('<html>', { status: 502 }))
    await expect(fetchOrThrow(request())).rejects.toMatchObject({ status: 502, code: 'http' })
    await expect(fetchOrThrow(request())).rejects.toMatchObject({ status: 0, code: 'network' })
  })
})

describe('a session that has ended', () => {
  const ended = () => problem(401, { code: 'not_authenticated', detail: 'log in' })
  const fine = () => new Response('{}')

  it('is renewed once for all calls, and each is sent again as it was', async () => {
    const bodies = answers(ended, ended, fine, fine)
    const renew = vi.fn(() => Promise.resolve(true))
    const undo = onSessionEnd(renew)
    const both = await Promise.all([fetchOrThrow(request()), fetchOrThrow(request())])
    undo()
    expect(both.map(({ status }) => status)).toEqual([200, 200])
    expect(renew).toHaveBeenCalledTimes(1)
    expect(bodies).toEqual(Array(4).fill('{"typed":"text"}'))
  })

  it('stays a refusal when nobody logs in again, or nobody was logged in', async () => {
    answers(ended, ended)
    const undo = onSessionEnd(() => Promise.resolve(false))
    await expect(fetchOrThrow(request())).rejects.toMatchObject({ status: 401 })
    undo()
    await expect(fetchOrThrow(request())).rejects.toMatchObject({ status: 401 })
  })

  it('a wrong password at the login is no ended session', async () => {
    answers(() => problem(401, { code: 'invalid_credentials', detail: 'no' }))
    const renew = vi.fn(() => Promise.resolve(true))
    const undo = onSessionEnd(renew)
    await expect(fetchOrThrow(request('/api/v1/auth/session'))).rejects.toMatchObject({
      code: 'invalid_credentials',
    })
    undo()
    expect(renew).not.toHaveBeenCalled()
  })
})
