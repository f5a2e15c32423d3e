import { expect, test } from 'vitest'

import { ApiError } from '../../../api/errors.ts'
import { faultsOf } from './faults.ts'

const refused = (field: string, code = 'source_refused') =>
  new ApiError(422, code, 'no', [{ field, message: 'no', code }])

test.each([
  ['login.username', 'username', 'place'],
  ['url', 'address', 'place'],
  ['login.headers.Authorization', 'header_value', 'place'],
  ['columns', 'corrections', 'file'],
  ['columns.Stoc', 'columns', undefined],
  ['format.row_path', ['format', 'row_path'], 'file'],
  ['interval_minutes', 'interval_minutes', 'rules'],
])('an objection to %s stands at its field', (field, place, step) => {
  const found = faultsOf(refused(field))
  expect(found.map((fault) => [fault.place, fault.step])).toEqual(step === undefined ? [] : [[place, step]])
})

test('a name that is taken stands at the name, and what is of no field at none', () => {
  expect(faultsOf(new ApiError(409, 'source_name_taken', 'taken'))).toMatchObject([
    { place: 'name', step: 'place' },
  ])
  expect(faultsOf(new ApiError(502, 'source_not_fetched', 'no'))).toEqual([])
  expect(faultsOf(new Error('other'))).toEqual([])
})
