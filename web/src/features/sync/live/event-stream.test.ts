import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { listen } from './event-stream.ts'

class Source extends EventTarget {
  static readonly CLOSED = 2
  static made: Source[] = []
  readyState = 0
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null

  constructor() {
    super()
    Source.made.push(this)
  }

  close(): void {
    this.readyState = Source.CLOSED
  }

  say(name: string, data: unknown): void {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }))
  }
}

const source = Source as unknown as typeof EventSource

beforeEach(() => {
  Source.made = []
  vi.useFakeTimers()
})
afterEach(() => vi.useRealTimers())

it('tells of snapshots, changes and progress', () => {
  const listener = { onSnapshot: vi.fn(), onRun: vi.fn(), onConnection: vi.fn() }
  listen(listener, source)
  const [stream] = Source.made
  stream?.onopen?.()
  stream?.say('snapshot', { running: [], recent: [] })
  stream?.say('run', { id: 'r1' })
  stream?.say('progress', { id: 'r1', percentage: 4 })
  expect(listener.onConnection).toHaveBeenLastCalledWith(true)
  expect(listener.onSnapshot).toHaveBeenCalledWith({ running: [], recent: [] })
  expect(listener.onRun.mock.calls.map(([run]) => run as unknown)).toEqual([
    { id: 'r1' },
    { id: 'r1', percentage: 4 },
  ])
})

it('leaves reconnecting to the browser until the browser gives up', () => {
  const onConnection = vi.fn()
  const stop = listen({ onSnapshot: vi.fn(), onRun: vi.fn(), onConnection }, source)
  Source.made[0]?.onerror?.()
  vi.advanceTimersByTime(60_000)
  expect(onConnection).toHaveBeenLastCalledWith(false)
  expect(Source.made).toHaveLength(1)

  Source.made[0]?.close()
  Source.made[0]?.onerror?.()
  vi.advanceTimersByTime(60_000)
  expect(Source.made).toHaveLength(2)
  stop()
  expect(Source.made[1]?.readyState).toBe(Source.CLOSED)
})
