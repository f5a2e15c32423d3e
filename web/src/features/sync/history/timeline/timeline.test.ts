import { expect, test } from 'vitest'

import { timelineOf, type LedgerPage } from './timeline.ts'

const moment = (seconds: number) => new Date(Date.UTC(2026, 10, 23) + seconds * 1000).toISOString()
const page = (number: number, from: number, to: number, more: Partial<LedgerPage> = {}): LedgerPage => ({
  page: number,
  pass_number: 1,
  scope: 'all',
  status: 'stored',
  attempts: 1,
  inherited: false,
  started_at: moment(from),
  finished_at: moment(to),
  ...more,
})

test('pages that were read at the same time are in different lanes', () => {
  const { bars, lanes } = timelineOf([page(1, 0, 1), page(2, 0.3, 1.2), page(3, 1, 2)])
  expect(bars.map((bar) => bar.lane)).toEqual([0, 1, 0])
  expect(lanes).toBe(2)
})

test('each page is marked by how it went, the gravest first', () => {
  const { bars, counts } = timelineOf([
    page(1, 0, 1),
    page(2, 1, 2),
    page(3, 2, 3),
    page(4, 3, 9),
    page(5, 9, 16, { attempts: 3 }),
    page(6, 16, 30, { status: 'failed', attempts: 5 }),
  ])
  expect(bars.map((bar) => bar.mark)).toEqual(['good', 'good', 'good', 'slow', 'retried', 'failed'])
  expect(counts).toEqual({ good: 3, slow: 1, retried: 1, failed: 1 })
})

test('a page a little slower than the others is not called slow', () => {
  expect(timelineOf([page(1, 0, 0.1), page(2, 1, 1.1), page(3, 2, 3.5)]).counts.slow).toBe(0)
})

test('pages taken over from an earlier run are counted and do not stretch the time', () => {
  const { inherited, seconds, bars } = timelineOf([
    page(1, -5000, -4999, { inherited: true }),
    page(2, 10, 12),
  ])
  expect([inherited, seconds, bars.length]).toEqual([1, 2, 1])
})

test('every failed request is in the picture, below the pages, also before any page came', () => {
  const failed = (number: number, from: number, seconds: number) => ({
    number,
    started_at: moment(from),
    seconds,
    code: 'server_failure',
    page: 4,
    size: 100,
  })
  const { tries, lanes, seconds, bars } = timelineOf(
    [page(1, 5, 6)],
    [failed(1, 2, 1), failed(2, 2.5, 3), failed(3, 8, 2)],
  )
  expect(tries.map(({ start, lane }) => [start, lane])).toEqual([
    [0, 1],
    [0.5, 2],
    [6, 1],
  ])
  expect([lanes, seconds, bars[0]?.start]).toEqual([3, 8, 3])
  expect(timelineOf([], [failed(1, 2, 1)])).toMatchObject({ bars: [], lanes: 1, seconds: 1 })
})

test('a run without pages has an empty timeline', () => {
  expect(timelineOf([])).toMatchObject({ bars: [], lanes: 0, seconds: 0 })
})
