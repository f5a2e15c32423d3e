import { Caller } from './support/calls.ts'
import { expect, logIn, logInByForm, screenshot, seriousFindings, test } from './support/fixtures.ts'
import { showPictures } from './support/pictures.ts'

const OFFERS = 3_000
const LINES = 2_545
const COLLEAGUE = { username: 'maria', password: 'parola-de-proba-2', role: 'operator' }

test.use({
  setup: {
    accounts: [{ name: 'main', offers: OFFERS }],
    limited: false,
    latencyMs: 0,
    env: { EMAG_MAIN_PUSH: 'approve' },
  },
})

let caller: Caller

test.beforeAll(async ({ stack }) => {
  test.setTimeout(120_000)
  caller = await Caller.logIn(stack)
  expect((await caller.sync()).status).toBe('completed')
  await caller.send('POST', '/api/v1/users', COLLEAGUE)
})

interface Values {
  data: { values: { value: string; offers: number }[] }
}

const inRomanian = (count: number): string => new Intl.NumberFormat('ro-RO').format(count)

test('two categories and a price range are kept for everybody; a colleague sees the tab; columns stay', async ({
  page,
  browser,
  stack,
}) => {
  await showPictures(page)
  const { data } = await caller.json<Values>('GET', '/api/v1/emag/products/facets/category?limit=2')
  const [first, second] = data.values.map(({ value }) => value)
  await logIn(page, '/offers')
  const count = page.locator('.page-header [aria-live]')
  await expect(count).toContainText(inRomanian(OFFERS))

  const categories = page.getByRole('combobox', { name: 'Categorie' })
  await categories.click()
  for (const value of [first, second])
    await page
      .locator('.ant-select-item-option')
      .filter({ hasText: `nr. ${value}` })
      .first()
      .click()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Mai multe filtre' }).click()
  await page.getByLabel('Preț fără TVA: de la').fill('10,50')
  await page.getByLabel('Preț fără TVA: până la').fill('1.500,00')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/price_max=1500/)
  const query = `category=${first}&category=${second}&price_min=10.5&price_max=1500`
  const answer = await caller.json<{ data: { pagination: { total: number } } }>(
    'GET',
    `/api/v1/emag/products/products?limit=1&${query}`,
  )
  const found = answer.data.pagination.total
  expect(found).toBeGreaterThan(0)
  await expect(count).toContainText(inRomanian(found))
  await expect(page.getByRole('list', { name: 'Filtre active' }).getByRole('listitem')).toHaveCount(5)
  expect(await seriousFindings(page)).toEqual([])
  await screenshot(page, 'offers-filters')

  await page.getByRole('button', { name: 'Salvează filtrul…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Nume').fill('Două categorii')
  await dialog.getByRole('checkbox', { name: 'Îl văd toți utilizatorii' }).check()
  await dialog.getByRole('button', { name: 'Salvează' }).click()
  await expect(page.getByRole('tab', { name: 'Două categorii', selected: true })).toBeVisible()

  await page.getByRole('button', { name: 'Alege coloanele tabelului' }).click()
  await page.getByRole('checkbox', { name: 'Față de cel mai bun preț', exact: true }).click()
  await page.getByRole('button', { name: 'Mută coloana Stoc mai sus' }).click()
  const heads = page.getByRole('columnheader')
  const shown = ['Preț fără TVA', 'Stoc']
  await expect(heads.filter({ hasText: /^(Stoc|Preț fără TVA)/ }).first()).toContainText(shown[1] ?? '')
  await page.reload()
  await expect(heads.filter({ hasText: /^(Stoc|Preț fără TVA)/ }).first()).toContainText('Stoc')
  await expect(heads.filter({ hasText: 'Față de cel mai bun preț' })).toBeVisible()
  await expect(page.getByRole('tab', { name: 'Două categorii', selected: true })).toBeVisible()
  await expect(count).toContainText(inRomanian(found))

  const other = await (await browser.newContext({ baseURL: stack.address, locale: 'ro-RO' })).newPage()
  await logInByForm(other, '/offers', COLLEAGUE)
  await other.getByRole('tab', { name: 'Două categorii' }).click()
  await expect(other.locator('.page-header [aria-live]')).toContainText(inRomanian(found))
  await expect(other.getByRole('columnheader', { name: 'Față de cel mai bun preț' })).toBeHidden()
  await expect(other.getByRole('button', { name: /^Șterge filtrul „Două categorii/ })).toBeHidden()
  await other.context().close()
})

test('on a phone the filters are in a drawer, and 2,545 lines are approved at once', async ({ page }) => {
  interface Bulk {
    data: { kept: number; rows: { product_id: number; effect: string }[] }
  }
  const change = { adjust: { max_sale_price: { percent: '1' } } }
  const bulk = '/api/v1/emag/products/products/bulk-change'
  const preview = await caller.json<Bulk>('POST', bulk, { ...change, filter: {} })
  const ids = preview.data.rows.filter(({ effect }) => effect === 'ok').map((row) => row.product_id)
  const kept = await caller.json<Bulk>('POST', bulk, { ...change, ids: ids.slice(0, LINES), preview: false })
  expect(kept.data.kept).toBe(LINES)

  await logIn(page, '/edits/outbox?account=main')
  await expect(page.getByRole('row')).not.toHaveCount(0)
  await page.getByRole('columnheader').getByRole('checkbox').check()
  await page.getByRole('button', { name: inRomanian(LINES) }).click()
  await expect(page.getByRole('status').filter({ hasText: inRomanian(LINES) })).toBeVisible()
  await page.getByRole('button', { name: `Aprobă ${inRomanian(LINES)}` }).click()
  await expect
    .poll(async () => {
      const { undecided } = await caller.json<{ undecided: { waiting?: number } }>(
        'GET',
        '/api/v1/emag/outbox?account_type=main&limit=1',
      )
      return undecided.waiting ?? 0
    })
    .toBe(0)

  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto('/offers')
  await page.getByRole('button', { name: 'Filtre', exact: true }).click()
  const drawer = page.getByRole('dialog')
  await expect(drawer.getByRole('combobox', { name: 'Categorie' })).toBeVisible()
  expect(await drawer.evaluate((element) => element.scrollWidth > element.clientWidth)).toBe(false)
  expect(await seriousFindings(page)).toEqual([])
})
