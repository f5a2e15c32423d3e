import { Caller } from './support/calls.ts'
import { expect, logIn, logInByForm, screenshot, seriousFindings, test } from './support/fixtures.ts'
import { longestInteraction, recordInteractions } from './support/interactions.ts'
import { answerImages, showPictures } from './support/pictures.ts'
import { editSpreadsheet, openSpreadsheet } from './support/spreadsheet.ts'

// `make thorough` has 50,000, and measures there how fast the page is.
const OFFERS = Number(process.env.E2E_OFFERS ?? 3_000)
const LARGE = 50_000
const LINES = 2_545
const NEXT_PAINT_MS = 200
const COPY_MS = 420_000
const ROWS = '.data-table tbody tr'
const CHANGED = 7
const COLLEAGUE = { username: 'maria', password: 'parola-de-proba-2', role: 'operator' }

test.use({
  contextOptions: { reducedMotion: 'reduce' },
  setup: {
    accounts: [{ name: 'main', offers: OFFERS }],
    limited: false,
    latencyMs: 0,
    // Small pieces: what is worked through in the background is seen to be.
    env: { EMAG_MAIN_PUSH: 'approve', EMAGSYNC_EDITS__BULK_PIECE: '10' },
  },
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

interface Values {
  data: { values: { value: string; offers: number }[] }
}

/** What waits to be sent. */
async function edits(): Promise<unknown[]> {
  return (await caller.json<{ edits: unknown[] }>('GET', '/api/v1/emag/edits?limit=100&account_type=main'))
    .edits
}

/** Lines that nobody has decided about. */
async function undecided(): Promise<number> {
  const answer = await caller.json<{ undecided: { waiting?: number } }>(
    'GET',
    '/api/v1/emag/outbox?account_type=main&limit=1',
  )
  return answer.undecided.waiting ?? 0
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

test('what eMAG objects to is in the language of the reader, and an image that cannot be loaded leaves its frame', async ({
  page,
  stack,
  faults,
}) => {
  faults.allow(/Failed to load resource/)
  await answerImages(page, null)

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
  await expect(page.locator(`${ROWS} span.thumbnail`)).toHaveCount(1)
  await expect(page.locator(`${ROWS} img.thumbnail`)).toHaveCount(0)
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

test.describe('on a phone, in the dark', () => {
  test.use({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' })

  test('offers are cards, filters in a drawer, nothing is wider than the screen, and nothing serious is found', async ({
    page,
  }) => {
    await showPictures(page)
    await logIn(page, '/offers')
    await expect(page.locator('.offer-cards > li')).toHaveCount(50)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
    expect(await seriousFindings(page)).toEqual([])
    await page.getByRole('button', { name: 'Filtre', exact: true }).click()
    const drawer = page.getByRole('dialog')
    await expect(drawer.getByRole('combobox', { name: 'Categorie' })).toBeVisible()
    expect(await drawer.evaluate((element) => element.scrollWidth > element.clientWidth)).toBe(false)
    expect(await seriousFindings(page)).toEqual([])
    await page.keyboard.press('Escape')
    await expect(drawer).toBeHidden()
    await page.locator('.offer-link').first().click()
    await expect(drawer).toBeVisible()
    expect(await seriousFindings(page)).toEqual([])
    await screenshot(page, 'offer-phone-dark')
  })
})

test.describe('of some thousands', () => {
  test.skip(OFFERS === LARGE, 'fewer show the same')

  test('two categories and a price range are kept for everybody; a colleague sees the tab; columns stay', async ({
    page,
    browser,
    stack,
  }) => {
    await showPictures(page)
    await caller.send('POST', '/api/v1/users', COLLEAGUE)
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
    const found = await total(query)
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
    await expect(heads.filter({ hasText: /^(Stoc|Preț fără TVA)/ }).first()).toContainText('Stoc')
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

  test('more than the small ways take: all that is found is previewed, saved and undone in the background', async ({
    page,
  }) => {
    test.setTimeout(180_000)
    // The page goes this way for more than ten thousand offers: it is told of as many, the server finds fewer.
    const told = 10_050
    await page.route(/\/api\/v1\/emag\/products\/products\?/, async (route) => {
      const response = await route.fetch()
      const body = (await response.json()) as { data?: { pagination?: { total?: number } } }
      if (typeof body.data?.pagination?.total === 'number') body.data.pagination.total = told
      await route.fulfill({ response, json: body })
    })
    await showPictures(page)
    const found = await total('search=husa')
    const waiting = await edits()
    await logIn(page, '/offers?account=main&q=husa&size=25')
    await page.getByRole('checkbox', { name: 'Selectează toate ofertele de pe pagină' }).check()
    const bar = page.getByRole('region', { name: 'Oferte selectate' })
    await bar.getByRole('button', { name: `Selectează toate cele ${inRomanian(told)}` }).click()
    await bar.getByRole('button', { name: 'Modifică…' }).click()
    const drawer = page.getByRole('dialog')
    await drawer.getByText('Scade cu', { exact: true }).click()
    await drawer.getByRole('textbox', { name: 'Cât' }).fill('1')
    // A fast server would be ready before anybody has seen that it works: the page hears of it afterwards.
    let goOn = () => {}
    const seen = new Promise<void>((resolve) => (goOn = resolve))
    await page.route(/\/api\/v1\/emag\/bulk-changes\/[^/?]+(\?|$)/, async (route) => {
      await seen
      await route.continue()
    })
    await drawer.getByRole('button', { name: 'Previzualizează' }).click()
    await expect(drawer.getByRole('progressbar').filter({ visible: true })).toBeVisible()
    await expect(drawer.getByText('Puteți lucra mai departe')).toBeVisible()
    goOn()
    await expect(drawer.getByRole('heading', { name: /^Previzualizarea este gata/ })).toContainText(
      inRomanian(found),
      { timeout: 60_000 },
    )
    expect(await seriousFindings(page)).toEqual([])
    const skip = drawer.getByRole('checkbox', { name: 'Ignoră rândurile cu erori' })
    if (await skip.isVisible()) await skip.check()
    await drawer.getByRole('button', { name: /^Salvează modificarea/ }).click()
    await expect(drawer.getByRole('heading', { name: /^Salvat/ })).toBeVisible({ timeout: 60_000 })
    await expect(drawer.getByRole('alert').filter({ hasText: 'au fost modificate' })).toBeVisible()

    await drawer.getByRole('button', { name: 'Anulează modificarea…' }).click()
    await expect(drawer.getByRole('heading', { name: /^Previzualizarea este gata/ })).toBeVisible({
      timeout: 60_000,
    })
    await expect(drawer.getByText('Modificările pe care aceasta le-a înlocuit nu revin')).toBeVisible()
    await drawer.getByRole('button', { name: /^Anulează modificarea a/ }).click()
    await expect(drawer.getByRole('heading', { name: /^Salvat/ })).toBeVisible({ timeout: 60_000 })
    expect(await edits()).toEqual(waiting)
    // An answer that is still on its way here would find the page closed.
    await page.unrouteAll({ behavior: 'wait' })
  })

  test('2,545 lines are approved at once', { tag: '@thorough' }, async ({ page }) => {
    interface Bulk {
      data: { kept: number; rows: { product_id: number; effect: string }[] }
    }
    const change = { adjust: { max_sale_price: { percent: '1' } } }
    const bulk = '/api/v1/emag/products/products/bulk-change'
    const preview = await caller.json<Bulk>('POST', bulk, { ...change, filter: {} })
    const ids = preview.data.rows.filter(({ effect }) => effect === 'ok').map((row) => row.product_id)
    const kept = await caller.json<Bulk>('POST', bulk, {
      ...change,
      ids: ids.slice(0, LINES),
      preview: false,
    })
    expect(kept.data.kept).toBe(LINES)

    await expect.poll(undecided).toBeGreaterThanOrEqual(LINES)
    // An edit of another test may wait beside them.
    const all = inRomanian(await undecided())
    await logIn(page, '/edits/outbox?account=main')
    await expect(page.getByRole('row')).not.toHaveCount(0)
    await page.getByRole('columnheader').getByRole('checkbox').check()
    await page.getByRole('button', { name: all }).click()
    await expect(page.getByRole('status').filter({ hasText: all })).toBeVisible()
    await page.getByRole('button', { name: `Aprobă ${all}` }).click()
    await expect.poll(undecided).toBe(0)
  })
})
