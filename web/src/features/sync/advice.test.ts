import type { TFunction } from 'i18next'
import { expect, it } from 'vitest'

import { adviceFor, adviceOf, mainError } from './advice.ts'
import type { Run } from './runs.ts'

const t = ((key: string) => key) as unknown as TFunction<'sync'>

it('a known code is explained in the language of the reader', () => {
  expect(adviceFor(t, 'ip_not_allowed', 'Invalid vendor ip')).toBe('advice.ip_not_allowed')
})

it('the address that eMAG saw is named', () => {
  const told = ((key: string, options?: object) =>
    `${key} ${JSON.stringify(options)}`) as unknown as TFunction<'sync'>
  const refused = 'eMAG does not accept calls from the address 203.0.113.7: add it to the list'
  expect(adviceFor(told, 'ip_not_allowed', refused)).toBe('advice.ip_not_allowed_seen {"ip":"203.0.113.7"}')
  expect(adviceFor(told, 'ip_not_allowed', 'from the address 2001:db8::7: add')).toContain('"2001:db8::7"')
})

it('an unknown code keeps the words of the server', () => {
  expect(adviceFor(t, 'brand_new', 'eMAG said no.')).toBe('eMAG said no.')
})

it('wrong settings say which variable it is', () => {
  expect(adviceFor(t, 'settings', 'EMAG_FBE_PASSWORD is missing.')).toContain('EMAG_FBE_PASSWORD is missing.')
})

it('the error of the whole run says more than that of a page or an offer', () => {
  const errors = [
    { code: 'not_json', page: 3, emag_id: null },
    { code: 'row', page: null, emag_id: 7 },
    { code: 'account_down', page: null, emag_id: null },
  ] as unknown as Run['errors']
  expect(mainError({ errors } as Run)?.code).toBe('account_down')
  expect(mainError({ errors: errors.slice(0, 2) } as Run)?.code).toBe('not_json')
  expect(mainError({ errors: [] as Run['errors'] } as Run)).toBeUndefined()
})

it('a run that ran out of time says what it learnt of a slow eMAG', () => {
  const values = { page_size: 25, seconds_per_offer: 1.5614 }
  const slow = { code: 'timeout', page: null, emag_id: null, values }
  const told = ((key: string, options?: object) =>
    `${key} ${JSON.stringify(options)}`) as unknown as TFunction<'sync'>
  const advice = adviceOf(told, { errors: [slow] } as unknown as Run)
  expect(advice).toContain('advice.timeout_slow')
  expect(advice).toContain('"count":25')
  expect(adviceOf(t, { errors: [{ ...slow, values: null }] } as unknown as Run)).toBe('advice.timeout')
})
