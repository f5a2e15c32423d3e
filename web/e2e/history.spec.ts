import { Caller } from './support/calls.ts'
import { expect, logIn, screenshot, seriousFindings, test } from './support/fixtures.ts'

test.use({
  contextOptions: { reducedMotion: 'reduce' },
  setup: {
    accounts: [
      { name: 'main', offers: 1500 },
      { name: 'fbe', offers: 700 },
    ],
    limited: false,
    latencyMs: 20,
    // A page that fails for good is tried many times, whole and in parts: what is looked at is what is said then.
    env: { EMAGSYNC_RETRY__BASE_SECONDS: '0.02', EMAGSYNC_RETRY__MAX_SECONDS: '0.05' },
  },
})

let caller: Caller

test.beforeAll(async ({ stack }) => {
  caller = await Caller.logIn(stack)
  expect((await caller.sync()).status).toBe('completed')
})

test.afterEach(async ({ stack }) => {
  await stack.sandbox.control('DELETE', '/faults')
})

test('a failed sync says why and what to do, and what failed is read again', async ({ page, stack }) => {
  await stack.sandbox.control('POST', '/faults', {
    kind: 'status',
    status: 503,
    account: 'fbe',
    rows: [201, 300],
    lookup: false,
  })
  const failed = await caller.sync({ account_type: 'both' })
  expect(failed.status).toBe('partial')

  await logIn(page, '/history')
  await expect(page.locator('.data-table tbody tr')).toHaveCount(4)
  const row = page.locator('.data-table tbody tr').filter({ hasText: 'Eșuată' })
  await expect(row).toHaveCount(1)
  expect(await seriousFindings(page)).toEqual([])
  await screenshot(page, 'history')
  await row.getByRole('link').click()

  await expect(page.getByText('Serverul eMAG a dat eroare')).toBeVisible()
  await expect(page.getByText('Reluați mai târziu ce a eșuat; problema este la eMAG.')).toBeVisible()
  await expect(page.getByRole('img', { name: /Pagini citite: / })).toBeVisible()
  await expect(page.locator('tbody .badge-bad').first()).toHaveText('eșuată')
  await expect(page.getByText('Incompletă')).toBeVisible()
  await expect(page.getByText('O pagină nu a putut fi citită: 3.')).toBeVisible()
  expect(await seriousFindings(page)).toEqual([])
  await screenshot(page, 'run')

  await stack.sandbox.control('DELETE', '/faults')
  await page.getByRole('button', { name: 'Reia ce a eșuat' }).click()
  await expect(page.getByText('Reluarea a pornit.')).toBeVisible()
  await expect(page.getByText('S-a citit tot, iar copia locală este completă.')).toBeVisible()
  await expect(
    page.getByText('pagini au fost preluate de la o sincronizare anterioară', { exact: false }),
  ).toBeVisible()
  await expect(page.getByText('S-a citit toată lista: 700 de oferte pe 7 pagini.')).toBeVisible()
  await expect(page.getByText(/^1:[0-9a-f]{64}$/)).toBeVisible()
})

test('runs are filtered by account and outcome, and the address keeps it', async ({ page }) => {
  await logIn(page, '/history?account=main&status=completed')
  const rows = page.locator('.data-table tbody tr')
  await expect(rows.first()).toContainText('Completă')
  await expect(rows.filter({ hasText: 'fbe' })).toHaveCount(0)
  await page.getByRole('combobox', { name: 'Rezultat' }).click()
  await page.getByTitle('Oprită', { exact: true }).last().click()
  await expect(page).toHaveURL(/status=cancelled/)
  await expect(page.getByText('Nicio sincronizare nu corespunde filtrelor')).toBeVisible()
})

test('a dry run says what would change, offer by offer', async ({ page, stack }) => {
  await stack.sandbox.control('POST', '/offers/change', {
    account: 'main',
    ids: [5, 6],
    set: { sale_price: '77.5000' },
  })
  await stack.sandbox.control('POST', '/offers/remove', { account: 'main', ids: [9] })
  const { sync_id } = await caller.sync({ account_type: 'main', dry_run: true })
  await logIn(page, `/history/${sync_id}`)
  await expect(page.getByText('A fost o simulare: nu s-a scris nimic în copia locală.')).toBeVisible()
  await expect(page.getByText('3 oferte s-ar schimba.')).toBeVisible()
  await expect(page.getByText(/Preț de vânzare: [\d.]+ → 77\.5000/).first()).toBeVisible()
  await expect(page.getByText('ar fi marcată ca dispărută')).toBeVisible()
  expect(await seriousFindings(page)).toEqual([])
  await screenshot(page, 'dry-run')
})

test('a sync of two accounts shows both, and one that never was says so', async ({ page, faults }) => {
  faults.allow(/404/)
  const { sync_id } = await caller.sync({ account_type: 'both' })
  await logIn(page, `/history/${sync_id}`)
  await page.getByRole('tab', { name: 'Cont fbe' }).click()
  await expect(page.getByText('S-a citit tot, iar copia locală este completă.').last()).toBeVisible()
  await page.goto('/history/never-was')
  await expect(page.getByText('Sincronizarea nu mai există')).toBeVisible()
})

test.describe('on a phone, in the dark, in English', () => {
  test.use({ viewport: { width: 390, height: 844 }, colorScheme: 'dark', locale: 'en-GB' })

  test('history and a run fit the screen, and nothing serious is found', async ({ page }) => {
    await logIn(page, '/history')
    await expect(page.getByRole('heading', { level: 1, name: 'History' })).toBeVisible()
    await expect(page.locator('.data-table tbody tr').first()).toBeVisible()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
    expect(await seriousFindings(page)).toEqual([])
    await page.locator('tbody a').last().click()
    await expect(page.getByText('Everything was read, and the local copy is complete.').first()).toBeVisible()
    await page.getByRole('checkbox').uncheck()
    const table = page.getByRole('region', { name: 'The pages over time' })
    await expect(table.getByRole('row').nth(1)).toBeVisible()
    expect(await table.evaluate((frame) => frame.scrollWidth - frame.clientWidth)).toBe(0)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
    expect(await seriousFindings(page)).toEqual([])
  })
})
