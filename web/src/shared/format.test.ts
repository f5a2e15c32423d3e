import { describe, expect, it } from 'vitest'

import { formatAge, formatDuration, formatMoney, formatNumber } from './format.ts'

const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ')

describe('amounts', () => {
  it('are written as the reader writes them', () => {
    expect(plain(formatMoney('1234.5000', 'RON', 'ro'))).toBe('1.234,50 RON')
    expect(plain(formatMoney('1234.5000', 'RON', 'en'))).toBe('RON 1,234.50')
  })

  it('keep every decimal that is not zero, and digits that a binary fraction would lose', () => {
    expect(plain(formatMoney('0.0833', null, 'en'))).toBe('0.0833')
    expect(plain(formatMoney('90071992547409931.0001', null, 'en'))).toBe('90,071,992,547,409,931.0001')
  })

  it('that are missing are a dash', () => {
    expect(formatMoney(null, 'RON', 'ro')).toBe('–')
    expect(formatMoney('', 'RON', 'ro')).toBe('–')
  })
})

it('numbers follow the language', () => {
  expect(formatNumber(2545, { language: 'ro' })).toBe('2.545')
  expect(formatNumber(2545, { language: 'en' })).toBe('2,545')
  expect(formatNumber(null)).toBe('–')
})

it('ages are words', () => {
  const now = new Date('2026-11-23T12:00:00Z')
  expect(formatAge('2026-11-23T11:55:00Z', now, 'ro')).toBe('acum 5 minute')
  expect(formatAge('2026-11-21T11:55:00Z', now, 'en')).toBe('2 days ago')
})

it('lengths of time are short', () => {
  expect([0.4, 59, 60, 65, 3600, 3840].map(formatDuration)).toEqual([
    '0 s',
    '59 s',
    '1 min',
    '1 min 5 s',
    '1 h',
    '1 h 4 min',
  ])
})
