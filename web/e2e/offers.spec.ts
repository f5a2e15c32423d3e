import { Caller } from './support/calls.ts'
import { expect, logIn, screenshot, seriousFindings, test } from './support/fixtures.ts'
import { longestInteraction, recordInteractions } from './support/interactions.ts'
import { answerImages, showPictures } from './support/pictures.ts'
import { editSpreadsheet, openSpreadsheet } from './support/spreadsheet.ts'

// `make thorough` has 50,000, and measures there how fast the page is.
const OFFERS = Number(process.env.E2E_OFFERS ?? 8_000)
const LARGE = 50_000
const NEXT_PAINT_MS = 200
const COPY_MS = 420_000
const ROWS = '.data-table tbody tr'
const CHANGED = 7

test.use({
  contextOptions: { reducedMotion: 'reduce' },
  setup: { accounts: [{ name: 'main', offers: OFFERS }], limited: false, latencyMs: 0 },
})

let caller: Caller

test.beforeAll(async ({ stack }) => {
  test.setTimeout(COPY_MS)
  caller = await Caller.logIn(stack)
  expect((await caller.sync()).status).toBe('completed')
})

async function total(query: string): Promise<number> {
  const answer = await caller.json<{ data: { pagination: { total: number } } }>(
    'GET',
    `/api/v1/emag/products/products?limit=1&${query}`,
  )
  return answer.data.pagination.total
}

const inRomanian = (count: number): string => new Intl.NumberFormat('ro-RO').format(count)

test('a large catalogue is searched with and without diacritics, and typing does not ask at every key', async ({
  page,
}) => {
  await showPictures(page)
  await logIn(page, '/offers')
  const count = page.locator('.page-header [aria-live]')
  await expect(count).toHaveText(`${inRomanian(OFFERS)} de oferte`)
  await expect(page.locator(ROWS)).toHaveCount(50)
  expect(await seriousFindings(page)).toEqual([])
  if (OFFERS === LARGE) await screenshot(page, 'offers')

  const asked: string[] = []
  page.on('request', (request) => {
    if (request.url().includes('search=')) asked.push(request.url())
  })
  const found = await total('search=surubelnite')
  expect(found).toBeGreaterThan(50)
  await page.getByRole('searchbox').pressSequentially('surubelnite', { delay: 20 })
  await expect(count).toContainText(inRomanian(found))
  await expect(page.locator(ROWS).first()).toContainText('șurubelnițe')
  expect(asked.length).toBeLessThan(4)

  await page.getByRole('searchbox').fill(`SKU-${`${OFFERS - 1}`.padStart(6, '0')}`)
  await expect(page.locator(ROWS)).toHaveCount(1)
  await page.getByRole('searchbox').fill('nu există așa ceva')
  await expect(page.getByText('Nicio ofertă nu corespunde filtrelor')).toBeVisible()
  await page.getByRole('button', { name: 'Șterge filtrele' }).last().click()
  await expect(count).toHaveText(`${inRomanian(OFFERS)} de oferte`)
})

test(
  'filters, order, page and columns are in the address: a reload and the back button keep them',
  { tag: '@thorough' },
  async ({ page }) => {
    await logIn(page, '/offers?sellable=no&stock=0&sort=-price&page=2')
    const count = page.locator('.page-header [aria-live]')
    await expect(count).toContainText(inRomanian(await total('sellable=false&stock_max=0')))
    await expect(page.locator('.ant-pagination-item-active')).toHaveText('2')
    await expect(page.getByRole('columnheader', { name: 'Preț fără TVA' })).toHaveAttribute(
      'aria-sort',
      'descending',
    )

    await page.getByRole('combobox', { name: 'Stare' }).click()
    await page.getByTitle('Inactivă', { exact: true }).last().click()
    await expect(page).toHaveURL(/status=inactive/)
    await expect(page).not.toHaveURL(/page=/)
    const inactive = await total('sellable=false&stock_max=0&status=inactive')
    await expect(count).toContainText(inRomanian(inactive))

    await page.getByRole('button', { name: 'Alege coloanele tabelului' }).click()
    await page.getByRole('checkbox', { name: 'Brand' }).click()
    await expect(page.getByRole('columnheader', { name: 'Brand' })).toBeVisible()
    await page.reload()
    await expect(page.getByRole('columnheader', { name: 'Brand' })).toBeVisible()
    await expect(count).toContainText(inRomanian(inactive))

    await page.locator('.ant-pagination-item-2').click()
    await expect(page).toHaveURL(/page=2/)
    await page.goBack()
    await expect(page).not.toHaveURL(/page=2/)
    await expect(page.locator('.ant-pagination-item-active')).toHaveText('1')
  },
)

test(
  'an offer shows why it does not sell, what to do, and how its price and stock went',
  { tag: '@thorough' },
  async ({ page, stack }) => {
    await showPictures(page)
    const prices = ['199.9900', '179.5000', '189.0000']
    for (const [turn, price] of prices.entries()) {
      const set = {
        sale_price: price,
        stock: [{ warehouse_id: 1, value: 12 - turn * 6 }],
        general_stock: 12 - turn * 6,
      }
      await stack.sandbox.control('POST', '/offers/change', { account: 'main', ids: [CHANGED], set })
      await caller.sync({ account: 'main', mode: 'selective', selection: { ids: [CHANGED] } })
    }
    await logIn(page, '/offers?q=SKU-000007')
    await page.locator('.offer-link').first().click()
    const drawer = page.getByRole('dialog')
    await expect(drawer.getByText('De ce nu e la vânzare și ce este de făcut')).toBeVisible()
    await expect(drawer.getByText('Oferta nu are stoc.')).toBeVisible()
    await expect(drawer.getByText('Adăugați stoc;', { exact: false })).toBeVisible()
    await expect(drawer.getByText('189,00 RON')).toBeVisible()
    await expect(drawer.getByRole('link', { name: 'Vezi pe eMAG' })).toHaveAttribute(
      'href',
      /^https:\/\/www\.emag\.ro\/-\/pd\//,
    )
    expect(await seriousFindings(page)).toEqual([])
    await screenshot(page, 'offer')

    await drawer.getByRole('tab', { name: 'Preț și stoc' }).click()
    await expect(drawer.getByRole('img', { name: /prețul între 179,50\s+RON/ })).toBeVisible()
    await expect(drawer.locator('.recharts-line-curve')).toBeVisible()
    await screenshot(page, 'offer-history')
    await drawer.getByRole('tab', { name: 'Modificări' }).click()
    await expect(drawer.locator('tbody tr').filter({ hasText: '199,99 RON' }).first()).toBeVisible()
    await drawer.getByRole('tab', { name: 'Toate câmpurile' }).click()
    await expect(drawer.getByText('Timp de pregătire (zile)')).toBeVisible()
    await drawer.getByRole('tab', { name: 'Date eMAG' }).click()
    await expect(drawer.getByRole('region')).toContainText('"part_number": "SKU-000007"')
    expect(await seriousFindings(page)).toEqual([])

    await page.keyboard.press('Escape')
    await expect(drawer).toBeHidden()
    await expect(page).not.toHaveURL(/offer=/)
  },
)

test('what eMAG objects to is in the language of the reader', async ({ page, stack }) => {
  const errors = {
    errors: [
      {
        code: 'brand:incorrect-brand',
        section: 'brand',
        message: { en_GB: 'Wrong brand.', ro_RO: 'Brand greșit.' },
      },
    ],
  }
  const set = { validation_status: [{ value: 5, description: 'Brand rejected', errors }] }
  await stack.sandbox.control('POST', '/offers/change', { account: 'main', ids: [11], set })
  await caller.sync({ account: 'main', mode: 'selective', selection: { ids: [11] } })
  await logIn(page, '/offers?q=SKU-000011')
  await page.locator('.offer-link').first().click()
  await expect(page.getByText('eMAG a respins brandul.')).toBeVisible()
  await expect(page.getByText('Brand greșit.')).toBeVisible()
})

test('an export is edited in a spreadsheet and comes back; its rows with errors can be downloaded, a preset kept', async ({
  page,
}, info) => {
  const download = async (click: Promise<void>, name: string): Promise<string> => {
    const file = info.outputPath(name)
    const [saved] = await Promise.all([page.waitForEvent('download'), click])
    await saved.saveAs(file)
    return file
  }
  const rows = await total('search=surubelnite&sellable=true')
  await logIn(page, '/offers?q=surubelnite&sellable=yes')
  const exported = page.getByRole('button', { name: 'Exportă', exact: true })
  await exported.click()
  const all = page.getByRole('link', { name: 'Excel (toate rezultatele filtrate)' })
  const file = await download(all.click(), 'oferte.xlsx')
  const sheet = openSpreadsheet(file)
  expect(sheet.rows).toBe(rows)
  expect(sheet.head).toEqual(
    expect.arrayContaining(['ID ofertă', 'Preț fără TVA', 'Ultima modificare (Europe/Bucharest)']),
  )

  await exported.click()
  await page.getByRole('button', { name: 'Export predefinit nou' }).click()
  const dialog = page.getByRole('dialog', { name: 'Export predefinit nou' })
  await dialog.getByLabel('Nume').fill('Prețuri pentru depozit')
  for (const column of ['Stoc', 'Cod produs']) {
    await dialog.getByLabel('Coloane').fill(column)
    await page.keyboard.press('Enter')
  }
  await dialog.getByText('Export predefinit nou').click()
  await dialog.getByText('Îl văd toți utilizatorii').click()
  expect(await seriousFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Salvează' }).click()
  await expect(dialog).toBeHidden()
  await exported.click()
  const preset = page.getByRole('link', { name: 'Prețuri pentru depozit' })
  const short = openSpreadsheet(await download(preset.click(), 'depozit.xlsx'))
  expect(short).toEqual({ head: ['Stoc', 'Cod produs (SKU)', expect.anything()], rows })

  for (const ticked of [0, 1]) await page.locator(ROWS).nth(ticked).locator('.choose-box').click()
  const chosen = page.getByRole('button', { name: 'Exportă în Excel ofertele selectate' })
  expect(openSpreadsheet(await download(chosen.click(), 'alese.xlsx')).rows).toBe(2)

  editSpreadsheet(file, [
    ['Stoc', 2, 41],
    ['Stoc', 3, 'multe'],
  ])
  await page.goto('/edits/bulk')
  const template = page.getByRole('link', { name: 'Descarcă modelul' })
  expect(openSpreadsheet(await download(template.click(), 'model.xlsx')).head).toContain('Modificare stoc')
  await page.locator('input[type=file]').setInputFiles(file)
  const result = page.getByRole('region', { name: 'Rezultatul listei' })
  await expect(result).toContainText('Se schimbă: 1')
  const failed = page.getByRole('button', { name: 'Descarcă rândul cu erori' })
  const mended = await download(failed.click(), 'erori.xlsx')
  expect(openSpreadsheet(mended).rows).toBe(1)
  editSpreadsheet(mended, [['Stoc', 2, 42]])
  await page.locator('input[type=file]').setInputFiles(mended)
  await page.getByRole('button', { name: 'Salvează o modificare' }).click()
  await expect(result).toContainText('O ofertă a fost modificată')
})

test('in a large catalogue every interaction is painted within 200 ms', async ({ page }, info) => {
  test.skip(OFFERS < LARGE, '`make thorough` measures it')
  await recordInteractions(page)
  await showPictures(page)
  await logIn(page, '/offers')
  await expect(page.locator(ROWS)).toHaveCount(50)
  await longestInteraction(page)
  const rounds: number[] = []
  // Other work on the machine makes a round slower, never quicker: one good round shows what the page can do.
  while (rounds.length < 5 && !rounds.some((longest) => longest < NEXT_PAINT_MS)) {
    await page.getByRole('searchbox').pressSequentially('led', { delay: 30 })
    await expect(page).toHaveURL(/q=led/)
    await expect(page.locator('.offers-list')).toHaveAttribute('aria-busy', 'false')
    await page.getByRole('columnheader', { name: 'Stoc' }).getByRole('button').click()
    await expect(page).toHaveURL(/sort=stock/)
    await expect(page.locator('.offers-list')).toHaveAttribute('aria-busy', 'false')
    await page.locator('.ant-pagination-item-2').click()
    await expect(page).toHaveURL(/page=2/)
    await page.locator('.offer-link').first().click()
    await expect(page.getByRole('dialog')).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toBeHidden()
    await page.getByRole('button', { name: 'Șterge filtrele' }).click()
    await expect(page).not.toHaveURL(/q=/)
    rounds.push(await longestInteraction(page))
    await page.goto('/offers')
    await expect(page.locator(ROWS)).toHaveCount(50)
  }
  info.annotations.push({ type: 'longest interaction of each round, ms', description: rounds.join(', ') })
  expect(Math.min(...rounds)).toBeLessThan(NEXT_PAINT_MS)
})

test('an image that cannot be loaded leaves an empty frame', async ({ page, faults }) => {
  faults.allow(/Failed to load resource/)
  await answerImages(page, null)
  await logIn(page, '/offers?q=SKU-000002')
  await expect(page.locator(`${ROWS} span.thumbnail`)).toHaveCount(1)
  await expect(page.locator(`${ROWS} img.thumbnail`)).toHaveCount(0)
})

test.describe('on a phone, in the dark', () => {
  test.use({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' })

  test('offers are cards, nothing is wider than the screen, and nothing serious is found', async ({
    page,
  }) => {
    await showPictures(page)
    await logIn(page, '/offers')
    await expect(page.locator('.offer-cards > li')).toHaveCount(50)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
    expect(await seriousFindings(page)).toEqual([])
    await page.locator('.offer-link').first().click()
    await expect(page.getByRole('dialog')).toBeVisible()
    expect(await seriousFindings(page)).toEqual([])
    await screenshot(page, 'offer-phone-dark')
  })
})
