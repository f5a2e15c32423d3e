import { readFileSync } from 'node:fs'

import { Caller } from './support/calls.ts'
import { expect, logIn, screenshot, seriousFindings, test } from './support/fixtures.ts'

const OFFERS = 50_000
const NEXT_PAINT_MS = 200

test.use({ setup: { accounts: [{ name: 'main', offers: OFFERS }], limited: false, latencyMs: 0 } })
test.describe.configure({ mode: 'serial' })

let caller: Caller

test.beforeAll(async ({ stack }) => {
  test.setTimeout(240_000)
  caller = await Caller.logIn(stack)
  expect((await caller.sync()).status).toBe('completed')
})

test('50,000 offers are shown, searched and filtered, and the address keeps it all', async ({ page }) => {
  await logIn(page, '/offers')
  const count = page.locator('.page-header [aria-live]')
  await expect(count).toHaveText('50.000 de oferte')
  await expect(page.locator('tbody tr.ant-table-row')).toHaveCount(50)
  await screenshot(page, 'offers')
  expect(await seriousFindings(page)).toEqual([])
})
