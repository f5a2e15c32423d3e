import { expect, test } from 'vitest'

import { variablesOf } from './variables.ts'

test('an account is named by the variables that make it', () => {
  expect(variablesOf('main')).toEqual([
    'EMAG_MAIN_USERNAME',
    'EMAG_MAIN_PASSWORD',
    'EMAG_MAIN_BASE_URL',
    'EMAG_MAIN_PLATFORM',
  ])
})
