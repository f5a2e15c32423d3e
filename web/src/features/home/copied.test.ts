import { expect, test } from 'vitest'

import { copiedText } from './copied.ts'

test('each offer is a line of three cells, whatever its name holds', () => {
  const offers = [
    { part_number: 'A-1', emag_id: 1, name: 'Lampă\tcu\nsenzor', not_sellable: ['no_stock', 'inactive'] },
    { part_number: null, emag_id: 7, name: null, not_sellable: [] },
  ]
  expect(copiedText(offers, (code) => `<${code}>`)).toBe('A-1\tLampă cu senzor\t<no_stock> <inactive>\n7\t\t')
})
