import type { Page } from '@playwright/test'

import { expect, logIn, screenshot, seriousFindings, test, watch, type Stack } from './support/fixtures.ts'

const MAIN = 1000
const FBE = 600

// At 3 requests a second, as eMAG allows, these take long enough to be watched.
test.use({
  setup: {
    accounts: [
      { name: 'main', offers: MAIN },
      { name: 'fbe', offers: FBE },
    ],
    latencyMs: 60,
  },
})

const card = (page: Page, account: string) => page.locator(`[data-account=${account}]`)
const progress = (page: Page, account: string) => card(page, account).getByRole('progressbar')
const ended = (page: Page, account: string, status: string) =>
  card(page, account).locator(`[data-status=${status}]`)
const percent = async (page: Page, account: string) =>
  Number(await progress(page, account).getAttribute('aria-valuenow'))

/** A page of an account takes so long to come that its run can be looked at for as long. */
const slow = (stack: Stack, account: string, delay_ms: number, of = 3) =>
  stack.sandbox.control('POST', '/faults', { kind: 'slow', account, pages: [of], delay_ms, times: 1 })

async function synced(page: Page): Promise<void> {
  const completed = ended(page, 'main', 'completed')
  await expect(
    card(page, 'main').locator('[data-status]').or(page.getByText('nu a fost sincronizat încă')).first(),
  ).toBeVisible()
  if (!(await completed.isVisible())) await page.getByRole('button', { name: 'Sincronizează main' }).click()
  await expect(completed).toBeVisible({ timeout: 30_000 })
}

test.beforeEach(async ({ stack }) => {
  await stack.sandbox.control('DELETE', '/faults')
})

test('both accounts are synced with live progress to the end', async ({ page, stack }) => {
  await logIn(page)
  await expect(card(page, 'main')).toContainText('Niciodată')
  expect(await seriousFindings(page)).toEqual([])
  // Four pages come seconds apart, whatever this machine is busy with: the bar has that many steps to be seen on.
  for (const [step, slowPage] of [3, 5, 6, 8].entries())
    await slow(stack, 'main', 3000 * (step + 1), slowPage)
  await page.getByRole('button', { name: /Sincronizează ambele/ }).click()

  await expect(progress(page, 'main')).toBeVisible()
  await expect(progress(page, 'fbe')).toBeVisible()
  const seen = new Set<number>()
  await expect
    .poll(async () => seen.add(await percent(page, 'main')).size, {
      message: 'the bar moves',
      intervals: [200],
      timeout: 30_000,
    })
    .toBeGreaterThan(3)
  await expect(card(page, 'main')).toContainText(/Pagini\s*\d+ din \d/)
  await screenshot(page, 'sync-running')
  await expect(card(page, 'main')).toContainText('pe secundă')
  expect(await seriousFindings(page)).toEqual([])

  await expect(ended(page, 'main', 'completed')).toBeVisible({ timeout: 60_000 })
  await expect(ended(page, 'fbe', 'completed')).toBeVisible()
  await expect(page.getByText('main: sincronizare finalizată')).toBeVisible()
  await expect(page.locator('.tile').first()).not.toContainText('Total oferte0')
  const total = await page.locator('.tile-value').first().innerText()
  expect(Number(total.replace(/\D/g, ''))).toBeGreaterThan(FBE)
  // A number leads to exactly the offers that it counts.
  const outOfStock = page.locator('.tile').filter({ hasText: 'Fără stoc' }).locator('.tile-value')
  const counted = await outOfStock.innerText()
  await outOfStock.getByRole('link').click()
  await expect(page.getByText(new RegExp(`^${counted.replace('.', '\\.')} (de )?oferte$`))).toBeVisible()
})

test('a sync that is stopped stops at once, and the other goes on', async ({ page, stack }) => {
  await logIn(page)
  // However long the button takes to be found, it runs still.
  await slow(stack, 'main', 60_000)
  await page.getByRole('button', { name: /Sincronizează ambele/ }).click()
  await page.getByRole('button', { name: 'Oprește sincronizarea main' }).click()
  await expect(ended(page, 'main', 'cancelled')).toBeVisible({ timeout: 5000 })
  await expect(page.getByText('main: sincronizarea a fost oprită')).toBeVisible()
  await expect(ended(page, 'fbe', 'completed')).toBeVisible({ timeout: 30_000 })
})

test(
  'a failing account says what to do while the other completes',
  { tag: '@thorough' },
  async ({ page, stack }) => {
    await stack.sandbox.control('POST', '/faults', { kind: 'not_allowed', account: 'fbe' })
    await logIn(page)
    await page.getByRole('button', { name: /Sincronizează ambele/ }).click()
    await expect(ended(page, 'fbe', 'failed')).toBeVisible({ timeout: 30_000 })
    await expect(card(page, 'fbe').locator('.advice')).toContainText('contul de vânzător eMAG')
    await expect(page.getByRole('alert')).toContainText('fbe: sincronizarea a eșuat')
    await expect(ended(page, 'main', 'completed')).toBeVisible({ timeout: 60_000 })
    expect(await seriousFindings(page)).toEqual([])
  },
)

test('a clean-up says which syncs it ends, and ends those only', async ({ page, stack }) => {
  await logIn(page)
  await slow(stack, 'main', 60_000)
  await slow(stack, 'fbe', 8000)
  await expect(page.getByRole('button', { name: 'Închide sincronizările blocate…' })).toBeHidden()
  await page.getByRole('button', { name: 'Sincronizează main' }).click()
  await expect(progress(page, 'main')).toBeVisible()
  await expect.poll(() => percent(page, 'main')).toBeGreaterThan(0)
  stack.ageRuns(25)
  await page.reload()
  await page.getByRole('button', { name: 'Sincronizează fbe' }).click()
  await page.getByRole('button', { name: 'Închide sincronizările blocate…' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('O sincronizare va fi oprită:')
  await expect(dialog).toContainText('main, pornită acum 25 min')
  await expect(dialog).toContainText(/fbe, .*rămâne în curs/)
  expect(await seriousFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Oprește una' }).click()
  await expect(ended(page, 'main', 'failed')).toBeVisible()
  await expect(card(page, 'main').locator('.advice')).toContainText('s-a blocat și a fost închisă')
  await expect(ended(page, 'fbe', 'completed')).toBeVisible({ timeout: 30_000 })
})

test(
  'a dry run tells what would change and writes nothing',
  { tag: '@thorough' },
  async ({ page, stack }) => {
    await logIn(page)
    await synced(page)
    // The numbers of after the copy, also where they are slow to follow it.
    await page.reload()
    await expect(page.locator('.tile-value').first()).toContainText(/[1-9]/)
    const before = await page.locator('.tile-value').first().innerText()
    await stack.sandbox.control('POST', '/offers/add', { account: 'fbe', count: 3 })
    await page.getByRole('button', { name: 'Opțiuni…' }).click()
    await page.getByRole('radio', { name: 'fbe' }).check()
    await page.getByRole('switch', { name: 'Simulare' }).click()
    expect(await seriousFindings(page)).toEqual([])
    await page.getByRole('button', { name: 'Pornește simularea' }).click()
    await expect(card(page, 'fbe')).toContainText('Simulare')
    await expect(page.getByText('fbe: sincronizare finalizată')).toBeVisible({ timeout: 30_000 })
    await expect(ended(page, 'fbe', 'completed')).toContainText('nimic nu a fost scris')
    expect(await page.locator('.tile-value').first().innerText()).toBe(before)
  },
)

test(
  'a second tab and a reload show the same run, and both see it end',
  { tag: '@thorough' },
  async ({ page, context, stack }) => {
    await logIn(page)
    await slow(stack, 'main', 10_000)
    await page.getByRole('button', { name: 'Sincronizează main' }).click()
    await expect(progress(page, 'main')).toBeVisible()
    const second = await context.newPage()
    await second.goto('/sync')
    await expect(progress(second, 'main')).toBeVisible()
    await page.reload()
    await expect(progress(page, 'main')).toBeVisible()
    for (const tab of [page, second]) {
      await expect(ended(tab, 'main', 'completed')).toBeVisible({ timeout: 60_000 })
      await expect(tab.getByText('main: sincronizare finalizată')).toBeVisible()
    }
  },
)

test('without the event stream the page asks by itself', { tag: '@thorough' }, async ({ page, faults }) => {
  faults.allow(/\/api\/v1\/events/)
  await page.route('**/api/v1/events', (route) => route.abort())
  await logIn(page)
  await page.getByRole('button', { name: 'Sincronizează fbe' }).click()
  await expect.poll(() => percent(page, 'fbe'), { timeout: 30_000 }).toBeGreaterThan(0)
  await expect(ended(page, 'fbe', 'completed')).toBeVisible({ timeout: 30_000 })
})

test('the connection test says that it works, or what does not', async ({ page, stack, faults }) => {
  faults.allow(/424|502/)
  await logIn(page)
  await page.getByRole('button', { name: 'Testează conexiunea fbe' }).click()
  await expect(card(page, 'fbe')).toContainText('Conexiunea funcționează')
  await stack.sandbox.control('POST', '/faults', { kind: 'invalid_ip', account: 'fbe' })
  await page.getByRole('button', { name: 'Testează conexiunea fbe' }).click()
  await expect(card(page, 'fbe')).toContainText('eMAG nu acceptă contul fbe')
  await expect(card(page, 'fbe')).toContainText('adresa IP')
})

test(
  'the sync page is usable on a phone, in the dark, and by keyboard',
  { tag: '@thorough' },
  async ({ browser, stack, faults }) => {
    const context = await browser.newContext({
      baseURL: stack.address,
      locale: 'ro-RO',
      viewport: { width: 360, height: 740 },
      colorScheme: 'dark',
      hasTouch: true,
    })
    const phone = await context.newPage()
    await watch(phone, stack.address, faults)
    await logIn(phone)
    await expect(phone.locator('html')).toHaveAttribute('data-theme', 'dark')
    await synced(phone)
    expect(await seriousFindings(phone)).toEqual([])
    const wider = await phone.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(wider).toBeLessThanOrEqual(0)

    await phone.reload()
    await expect(ended(phone, 'main', 'completed')).toBeVisible()
    await screenshot(phone, 'sync-phone-dark')
    await phone.keyboard.press('Tab')
    await expect(phone.getByRole('link', { name: 'Sari la conținut' })).toBeFocused()
    await phone.keyboard.press('Enter')
    await expect(phone.locator('#content')).toBeFocused()
    // The numbers come first, each a link to the offers that it counts; then the button.
    const focused = phone.locator('#content :focus')
    await phone.keyboard.press('Tab')
    while ((await focused.getAttribute('href')) !== null) await phone.keyboard.press('Tab')
    await expect(phone.getByRole('button', { name: /Sincronizează ambele/ })).toBeFocused()
    await phone.getByRole('button', { name: 'Opțiuni…' }).focus()
    await phone.keyboard.press('Enter')
    await expect(phone.getByRole('dialog')).toBeVisible()
    expect(await seriousFindings(phone)).toEqual([])
    await phone.keyboard.press('Escape')
    await expect(phone.getByRole('dialog')).toBeHidden()
    await context.close()
  },
)

test('the sync page at rest', { tag: '@thorough' }, async ({ page }) => {
  await logIn(page)
  await synced(page)
  await screenshot(page, 'sync')
})
