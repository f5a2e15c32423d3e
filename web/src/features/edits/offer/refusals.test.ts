import { expect, it } from 'vitest'

import { ApiError } from '../../../api/errors.ts'
import { faultsOf, refusalOf } from './refusals.ts'

const fault = (field: string) => ({ field, code: 'out_of_range', message: 'no' })

it('a version that is not there any more means that somebody was faster', () => {
  expect(refusalOf(new ApiError(412, 'version_changed', 'changed'))).toEqual({ kind: 'stale' })
  expect(refusalOf(new ApiError(409, 'other_history', 'restored'))).toEqual({ kind: 'stale' })
})

it('what looks like a slip is asked about, what cannot be is shown, all else is an error', () => {
  const doubts = [{ field: 'sale_price', code: 'vat_slip', message: 'slip' }]
  expect(refusalOf(new ApiError(422, 'confirmation_needed', '', doubts))).toEqual({
    kind: 'doubtful',
    doubts,
  })
  expect(refusalOf(new ApiError(422, 'edit_refused', '', [fault('stock')]))).toMatchObject({ kind: 'wrong' })
  expect(refusalOf(new ApiError(0, 'network', ''))).toMatchObject({ kind: 'other' })
  expect(refusalOf(new TypeError('x'))).toMatchObject({ kind: 'other' })
})

it('a fault finds its input by the first part of its name', () => {
  const faults = [fault('stock.list[LevelEdit].0.value'), fault('stock_change'), fault('sale_price')]
  expect(faultsOf('stock', faults)).toHaveLength(2)
  expect(faultsOf('sale_price', faults)).toHaveLength(1)
  expect(faultsOf('price', faults)).toEqual([])
})
