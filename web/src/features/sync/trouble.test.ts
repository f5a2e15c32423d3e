import { createInstance, type TFunction } from 'i18next'
import { beforeAll, describe, expect, it, test } from 'vitest'

import en from './i18n/en.json'
import ro from './i18n/ro.json'
import type { Run } from './runs.ts'
import { isStuck, timeLeft, troubleLines, unreadPlaces, upToDateText, type LedgerPart } from './trouble.ts'

const NOW = new Date('2026-11-28T10:01:00Z')
const CALM = {
  failed_requests: 0,
  failing_since: null,
  last_failure: null,
  page_size: null,
  waiting_for_page: null,
}

function run(changes: Partial<Run> = {}, trouble: Partial<Run['trouble']> = {}): Run {
  return {
    status: 'running',
    mode: 'full',
    phase: 'reading',
    dry_run: false,
    created_at: '2026-11-28T10:00:00Z',
    heartbeat_at: '2026-11-28T10:00:58Z',
    eta_seconds: 12,
    api_requests_made: 40,
    total_items: 1005,
    processed_items: 1002,
    attempt: 1,
    started_at: '2026-11-28T10:00:01Z',
    parameters: { max_pages: null, timeout_seconds: 600 },
    errors: [],
    ...changes,
    trouble: { ...CALM, ...trouble },
  } as unknown as Run
}

let english: TFunction<'sync'>
let romanian: TFunction<'sync'>
beforeAll(async () => {
  const made = createInstance()
  await made.init({ resources: { en: { sync: en }, ro: { sync: ro } }, lng: 'en', defaultNS: 'sync' })
  english = made.getFixedT('en', 'sync')
  romanian = made.getFixedT('ro', 'sync')
})

describe('a run under way', () => {
  it('has nothing to tell while all goes well', () => {
    expect(troubleLines(english, run(), NOW, String)).toEqual([])
  })

  it('tells that eMAG fails, for how long and why, and promises no end', () => {
    const failing = run({}, { failing_since: '2026-11-28T10:00:20Z', last_failure: 'x', failed_requests: 7 })
    const [first, second] = troubleLines(english, failing, NOW, (code) => `cause of ${code}`)
    expect(first).toContain('40')
    expect(first).toContain('cause of x')
    expect(second).toBe('7 requests failed and were tried again.')
    expect(timeLeft(english, failing)).toBe('unknown while eMAG fails')
    expect(timeLeft(english, run())).not.toContain('unknown')
  })

  it('tells of a page that takes long, and of the page size that works', () => {
    const slow = run({}, { waiting_for_page: 34.2, page_size: 25 })
    expect(troubleLines(romanian, slow, NOW, String)).toEqual([
      expect.stringContaining('34'),
      'eMAG livrează acum cel mult 25 de oferte odată: se citește în pagini mai mici.',
    ])
  })

  it('is stuck only when nobody gives a sign of life, or beyond its time', () => {
    expect(isStuck(run(), NOW)).toBe(false)
    expect(isStuck(run({ started_at: '2026-11-28T09:40:00Z' }), NOW)).toBe(true)
    expect(isStuck(run({ heartbeat_at: '2026-11-28T09:59:50Z' }), NOW)).toBe(true)
    expect(isStuck(run({ status: 'queued', heartbeat_at: null }), NOW)).toBe(false)
    expect(
      isStuck(run({ status: 'queued', heartbeat_at: null, created_at: '2026-11-28T09:50:00Z' }), NOW),
    ).toBe(true)
  })
})

describe('a run that did not come to a good end', () => {
  it('says first how much is right', () => {
    const failed = run({ status: 'failed' })
    expect(upToDateText(english, failed)).toBe(
      '1,002 of 1,005 offers are up to date; the other 3 were not read.',
    )
    expect(
      upToDateText(romanian, run({ status: 'partial', total_items: 2545, processed_items: 2520 })),
    ).toMatch(/^2.520 din 2.545 de oferte sunt la zi; restul de 25 nu au fost citite\.$/)
  })

  test.each([
    ['completed', { status: 'completed' as const }],
    ['a dry run', { status: 'failed' as const, dry_run: true }],
    ['without a count', { status: 'failed' as const, total_items: null }],
    ['nothing was read', { status: 'failed' as const, processed_items: 0 }],
    ['of a selection', { status: 'partial' as const, mode: 'selective' as const }],
  ])('says nothing of it: %s', (_, changes) => {
    expect(upToDateText(english, run(changes))).toBeUndefined()
  })
})

describe('the places that were not read', () => {
  const page = (
    number: number,
    size: number,
    status: string,
    more: Partial<LedgerPart> = {},
  ): LedgerPart => ({
    pass_number: 1,
    scope: 'main',
    page: number,
    size,
    status,
    ...more,
  })

  it('are those of failed pages without the parts that came', () => {
    const part = { scope: 'main:25' }
    const pages = [
      page(1, 100, 'stored'),
      page(2, 100, 'failed'),
      page(5, 25, 'stored', part),
      page(7, 25, 'stored', part),
    ]
    expect(unreadPlaces(pages)).toEqual([
      { first: 126, last: 150 },
      { first: 176, last: 200 },
    ])
  })

  it('are those of the last reading, and none where all came', () => {
    expect(unreadPlaces([page(1, 100, 'failed'), page(1, 100, 'stored', { pass_number: 2 })])).toEqual([])
    expect(unreadPlaces([])).toEqual([])
  })
})
