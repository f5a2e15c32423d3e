import { expect, test } from 'vitest'

import { variablesOf } from './variables.ts'

test('an account of the environment is named by the variables that it certainly has', () => {
  expect(variablesOf('main')).toEqual(['EMAG_MAIN_USERNAME', 'EMAG_MAIN_PASSWORD'])
})
