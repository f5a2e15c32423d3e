import { describe, expect, it } from 'vitest'

import { compareAccounts, endedBetween, olderThan, statusOf, withRun, type Run } from './runs.ts'

function run(changes: Partial<Run> = {}): Run {
  return {
    id: 'r1',
    account: 'main',
    status: 'running',
    attempt: 1,
    created_at: '2026-11-23T10:00:00Z',
    started_at: '2026-11-23T10:00:01Z',
    errors: [],
    ...changes,
  } as Run
}

describe('what is known about runs', () => {
  it('shows a run that an event tells of, main before fbe before others', () => {
    let status = statusOf([], [])
    for (const name of ['zebra', 'fbe', 'main']) status = withRun(status, run({ id: name, account: name }))
    expect(status.running.map(({ id }) => id)).toEqual(['main', 'fbe', 'zebra'])
    expect(status.is_running).toBe(true)
    expect(status.current_sync?.id).toBe('main')
  })

  it('moves a run that ended out of the running ones', () => {
    const before = withRun(statusOf([], []), run())
    const after = withRun(before, run({ status: 'completed' }))
    expect(after.running).toEqual([])
    expect(after.recent_syncs[0]?.status).toBe('completed')
    expect(endedBetween(before, after).map(({ id }) => id)).toEqual(['r1'])
  })

  it('does not bring a run back to life by news that came late', () => {
    const ended = withRun(statusOf([], []), run({ status: 'failed' }))
    expect(withRun(ended, run({ status: 'running' }))).toBe(ended)
  })

  it('keeps the newest attempt', () => {
    const second = withRun(statusOf([], []), run({ attempt: 2 }))
    expect(withRun(second, run({ attempt: 1 }))).toBe(second)
  })

  it('tells nothing of runs that had ended before anybody looked', () => {
    const after = statusOf([], [run({ status: 'completed' })])
    expect(endedBetween(undefined, after)).toEqual([])
    expect(endedBetween(statusOf([], []), after)).toEqual([])
  })

  it('keeps ten of the latest runs', () => {
    let status = statusOf([], [])
    for (let i = 0; i < 15; i++) status = withRun(status, run({ id: `r${i}`, status: 'completed' }))
    expect(status.recent_syncs).toHaveLength(10)
    expect(status.recent_syncs[0]?.id).toBe('r14')
  })
})

describe('runs that a clean-up would end', () => {
  const now = new Date('2026-11-23T10:20:00Z')
  it('are those that began longer ago, the oldest first', () => {
    const old = run({ id: 'old', started_at: '2026-11-23T10:04:00Z' })
    const older = run({ id: 'older', started_at: '2026-11-23T09:00:00Z' })
    const young = run({ id: 'young', started_at: '2026-11-23T10:06:00Z' })
    expect(olderThan([old, young, older], 15, now).map(({ id }) => id)).toEqual(['older', 'old'])
  })

  it('include one that waits to start, by when it was made', () => {
    const queued = run({ status: 'queued', started_at: null, created_at: '2026-11-23T09:00:00Z' })
    expect(olderThan([queued], 60, now)).toHaveLength(1)
  })
})

it('orders accounts as people know them', () => {
  expect(['beta', 'fbe', 'alfa', 'main'].sort(compareAccounts)).toEqual(['main', 'fbe', 'alfa', 'beta'])
})
