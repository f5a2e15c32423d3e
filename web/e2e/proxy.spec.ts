import { Caller } from './support/calls.ts'
import { expect, Faults, logInByForm, test, watch } from './support/fixtures.ts'
import { startNginx } from './support/proxy.ts'

test.use({
  setup: {
    accounts: [{ name: 'main', offers: 20 }],
    limited: false,
    latencyMs: 0,
    env: { EMAGSYNC_TRUSTED_PROXIES: '127.0.0.1' },
  },
})

// The document of the API is made when it is first asked for, by seconds of a processor: not while a page is watched.
test.beforeAll(async ({ stack }) => {
  const caller = await Caller.logIn(stack)
  await caller.send('GET', '/openapi.json')
})

for (const [below, what, tag] of [
  ['/emag', 'takes off', []],
  ['/kept', 'leaves', ['@thorough']],
] as const) {
  test(`the page works below a path that nginx ${what}`, { tag: [...tag] }, async ({ browser, stack }) => {
    const nginx = await startNginx(stack.address)
    const faults = new Faults()
    const context = await browser.newContext({ baseURL: nginx.origin, locale: 'ro-RO' })
    const page = await context.newPage()
    await watch(page, nginx.origin, faults)
    try {
      // A deep address, which leads to the login; then to where one wanted to go.
      await logInByForm(page, `${below}/docs`)
      await expect(page).toHaveURL(`${nginx.origin}${below}/docs`)
      const opened = page.locator('.opblock-tag').first()
      await expect(opened).toBeVisible()

      await page.getByRole('link', { name: 'Sincronizare', exact: true }).click()
      await expect(page).toHaveURL(`${nginx.origin}${below}/sync`)
      const events = page.waitForResponse((answer) => answer.url().endsWith('/api/v1/events'))
      await page.reload()
      expect((await events).url()).toBe(`${nginx.origin}${below}/api/v1/events`)

      await page.getByRole('link', { name: 'Oferte', exact: true }).click()
      await page.reload()
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      expect(faults.unexpected).toEqual([])
    } finally {
      await context.close()
      nginx.stop()
    }
  })
}

test('a route is tried on the page of the API', async ({ page }) => {
  await logInByForm(page, '/docs')
  await page.locator('.opblock-tag[data-tag="about"]').click()
  await page.locator('.opblock', { hasText: '/api/v1/about' }).first().click()
  await page.getByRole('button', { name: 'Execute' }).click()
  await expect(page.locator('.live-responses-table .response .response-col_status')).toContainText('200')
})
