import { expect, test } from 'vitest'

import { ApiError } from '../../api/errors.ts'
import { isOfAccount, outcomeOf, seenAddress } from './outcome.ts'

function refused(extra: Record<string, unknown>): ApiError {
  return new ApiError(424, 'refused', 'no', [], extra)
}

test('a refusal says whether it is the account, the address or eMAG', () => {
  expect(outcomeOf(refused({ culprit: 'ip', ip: '203.0.113.7' }))).toBe('ip')
  expect(seenAddress(refused({ culprit: 'ip', ip: '203.0.113.7' }))).toBe('203.0.113.7')
  expect(outcomeOf(refused({ culprit: 'marketplace' }))).toBe('marketplace')
})

test('what eMAG did not say is not shown', () => {
  for (const ip of [null, undefined, '', 7]) expect(seenAddress(refused({ culprit: 'ip', ip }))).toBeNull()
})

test('a lost session or a new kind of refusal is not about the connection', () => {
  expect(outcomeOf(refused({ culprit: 'somebody' }))).toBeNull()
  expect(outcomeOf(new ApiError(401, 'not_authenticated', ''))).toBeNull()
  expect(outcomeOf(new Error('x'))).toBeNull()
})

test('the form is to be corrected only for what is wrong with the account', () => {
  expect((['credentials', 'api_right', 'settings'] as const).every(isOfAccount)).toBe(true)
  expect((['ip', 'network', 'marketplace', 'machine'] as const).some(isOfAccount)).toBe(false)
})
