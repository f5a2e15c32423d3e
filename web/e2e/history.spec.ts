import type { Page } from '@playwright/test'

import { Caller } from './support/calls.ts'
import { expect, logIn, screenshot, seriousFindings, test, type Stack } from './support/fixtures.ts'

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
    env: {
      EMAGSYNC_RETRY__BASE_SECONDS: '0.02',
      EMAGSYNC_RETRY__MAX_SECONDS: '0.05',
      // What is left for targets: few of them are too many.
      EMAGSYNC_SCHEDULE__FRESHNESS_RESERVE_PERCENT: '90',
    },
  },
})

interface Listed {
  data: { pagination: { total: number } }
}

const SELLS = {
  status: 1,
  validation_status: 9,
  offer_validation_status: 1,
  stock: [{ warehouse_id: 1, value: 5 }],
  sale_price: '100.0000',
  best_offer_sale_price: '110.0000',
  buy_button_rank: 1,
}

let caller: Caller

/** Changes offers of main at eMAG. */
const changer = (stack: Stack) => (ids: number[], set: object) =>
  stack.sandbox.control('POST', '/offers/change', { account: 'main', ids, set })

test.beforeAll(async ({ stack }) => {
  await changer(stack)([1, 2, 3, 4, 5, 6], SELLS)
  caller = await Caller.logIn(stack)
  expect((await caller.sync()).status).toBe('completed')
})

test.afterEach(async ({ stack }) => {
  await stack.sandbox.control('DELETE', '/faults')
})

test('the morning after a night of changes, each number opens exactly its offers', async ({
  page,
  stack,
}) => {
  const change = changer(stack)
  await change([1, 2], { sale_price: '90.0000' })
  await change([3], { stock: [{ warehouse_id: 1, value: 0 }] })
  await change([4], { status: 0 })
  await change([5], { buy_button_rank: 2, best_offer_sale_price: '99.0000' })
  await stack.sandbox.control('POST', '/offers/remove', { account: 'main', ids: [7, 8] })
  await stack.sandbox.control('POST', '/offers/add', { account: 'main', count: 3 })
  expect((await caller.sync()).status).toBe('completed')

  await logIn(page, '/')
  await expect(page.getByText('main: datele sunt de acum')).toBeVisible()
  const lines = page.locator('.home-link')
  await expect(lines.first()).toBeVisible()
  expect(await seriousFindings(page)).toEqual([])
  await screenshot(page, 'home')
  const told = await lines.evaluateAll((links) =>
    links.map((link) => ({ address: link.getAttribute('href') ?? '', text: link.textContent ?? '' })),
  )
  expect(told.map(({ text }) => text)).toEqual([
    '2 oferte care nu mai sunt la vânzare',
    '1 Oferta este inactivă.',
    '1 Oferta nu are stoc.',
    '1 Buy Button pierdut',
    '1 ofertă pe care alții o vând mai ieftin',
    '2 prețuri schimbate de eMAG',
    '1 stoc schimbat de eMAG',
    '3 oferte noi',
    '2 oferte care nu mai există pe eMAG',
    '1 altă modificare',
  ])
  const nothing = page.getByText('Nimic la: ').first()
  await expect(nothing).toContainText('conflicte apărute')
  await expect(page.getByText('0 conflicte apărute')).toBeHidden()
  await nothing.click()
  await expect(page.getByText('0 conflicte apărute')).toBeVisible()
  for (const { address, text } of told) {
    const query = new URL(address, 'http://page').search
    const list = await caller.json<Listed>('GET', `/api/v1/emag/products/products${query}`)
    expect(list.data.pagination.total, text).toBe(Number.parseInt(text))
  }

  await lines.filter({ hasText: 'nu mai există pe eMAG' }).click()
  await expect(page.getByText('2 oferte', { exact: true })).toBeVisible()
  await expect(page.locator('.happened-tag')).toContainText('Nu mai există pe eMAG')
})

test('a dry run is applied, and the run says what differed from it', async ({ page, stack }) => {
  const change = changer(stack)
  await change([11, 12], { sale_price: '88.0000' })
  await logIn(page, '/sync')
  await page.getByRole('button', { name: 'Opțiuni…' }).click()
  await page.getByRole('radio', { name: 'main' }).check()
  await page.getByRole('switch', { name: 'Simulare' }).click()
  expect(await seriousFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Pornește simularea' }).click()
  const ended = page.locator('[data-account=main] [data-status=completed]')
  await expect(ended).toContainText('nimic nu a fost scris')
  await page.locator('[data-account=main]').getByRole('link', { name: 'Vezi detaliile' }).click()
  await expect(page.getByText('2 oferte s-ar schimba.')).toBeVisible()
  await expect(page.getByRole('region', { name: 'Valori' }).locator('tbody tr')).toHaveCount(2)
  await change([12], { sale_price: '87.0000' })
  await page.getByRole('button', { name: 'Aplică' }).click()
  await page.getByRole('tooltip').getByRole('button', { name: 'Aplică' }).click()
  await expect(page.getByText('1 ofertă s-a schimbat așa cum arăta simularea.')).toBeVisible()
  await expect(page.getByText('1 ofertă s-a schimbat altfel.')).toBeVisible()
  await expect(page.getByText('2 oferte s-au schimbat.')).toBeVisible()
  expect(await seriousFindings(page)).toEqual([])
  await page.getByRole('link', { name: 'Arată-le în lista de oferte' }).click()
  await expect(page.getByText('2 oferte', { exact: true })).toBeVisible()
})

test('a failed sync says why and what to do, and what failed is read again', async ({ page, stack }) => {
  await stack.sandbox.control('POST', '/faults', {
    kind: 'status',
    status: 503,
    account: 'fbe',
    rows: [201, 300],
    lookup: false,
  })
  const failed = await caller.sync({ account: 'both' })
  expect(failed.status).toBe('partial')

  await logIn(page, '/history')
  const rows = page.locator('.data-table tbody tr')
  const row = rows.filter({ hasText: 'Eșuată' })
  await expect(row).toHaveCount(1)
  await expect(rows.filter({ hasText: 'Finalizată' })).not.toHaveCount(0)
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

test(
  'runs are filtered by account and outcome, and the address keeps it',
  { tag: '@thorough' },
  async ({ page }) => {
    await logIn(page, '/history?account=main&status=completed')
    const rows = page.locator('.data-table tbody tr')
    await expect(rows.first()).toContainText('Finalizată')
    await expect(rows.filter({ hasText: 'fbe' })).toHaveCount(0)
    await page.getByRole('combobox', { name: 'Rezultat' }).click()
    await page.getByTitle('Oprită', { exact: true }).last().click()
    await expect(page).toHaveURL(/status=cancelled/)
    await expect(page.getByText('Nicio sincronizare nu corespunde filtrelor')).toBeVisible()
  },
)

test('a dry run says what would change, offer by offer', { tag: '@thorough' }, async ({ page, stack }) => {
  await stack.sandbox.control('POST', '/offers/change', {
    account: 'main',
    ids: [5, 6],
    set: { sale_price: '77.5000' },
  })
  await stack.sandbox.control('POST', '/offers/remove', { account: 'main', ids: [9] })
  const { sync_id } = await caller.sync({ account: 'main', dry_run: true })
  await logIn(page, `/history/${sync_id}`)
  await expect(page.getByText('A fost o simulare: nu s-a scris nimic în copia locală.')).toBeVisible()
  await expect(page.getByText('3 oferte s-ar schimba.')).toBeVisible()
  await expect(page.getByText(/Preț fără TVA: [\d.,]+\sRON → 77,50\sRON/).first()).toBeVisible()
  await expect(page.getByText('Nu mai există pe eMAG: 1')).toBeVisible()
  expect(await seriousFindings(page)).toEqual([])
  await screenshot(page, 'dry-run')
})

test(
  'a sync of two accounts shows both, and one that never was says so',
  { tag: '@thorough' },
  async ({ page, faults }) => {
    faults.allow(/404/)
    const { sync_id } = await caller.sync({ account: 'both' })
    await logIn(page, `/history/${sync_id}`)
    await page.getByRole('tab', { name: 'Cont fbe' }).click()
    await expect(page.getByText('S-a citit tot, iar copia locală este completă.').last()).toBeVisible()
    await page.goto('/history/never-was')
    await expect(page.getByText('Sincronizarea nu mai există')).toBeVisible()
  },
)

test('the certificate says why the copy is complete', async ({ page }) => {
  const { sync_id } = await caller.sync({ account: 'main' })
  await page.setViewportSize({ width: 1280, height: 900 })
  await logIn(page, `/history/${sync_id}`)
  const title = page.getByRole('heading', { name: 'Este copia completă?' })
  const { data } = await caller.json<Listed>('GET', '/api/v1/emag/products/products?account=main&limit=1')
  const { total } = data.pagination
  const read = `${new Intl.NumberFormat('ro-RO').format(total)} (de )?oferte?`
  await expect(
    page.getByText(new RegExp(`S-a citit toată lista: ${read} pe ${Math.ceil(total / 100)} pagini`)),
  ).toBeVisible()
  await expect(page.getByText(/^1:[0-9a-f]{64}$/)).toBeVisible()
  expect(await seriousFindings(page)).toEqual([])
  await title.evaluate((heading) => heading.scrollIntoView())
  await screenshot(page, 'certificate')
})

test.describe('freshness', () => {
  const section = (page: Page) => page.locator('[data-freshness=main]')

  test.afterEach(async () => {
    await caller.send('DELETE', '/api/v1/freshness/main/targets')
  })

  test('targets are set, those that cannot be met are told of, and they are taken back', async ({ page }) => {
    await page.setViewportSize({ width: 1280, height: 900 })
    await logIn(page, '/sync')
    await expect(section(page)).toContainText('Toate ofertele se încadrează în ținte')
    await expect(section(page)).toContainText('țintele rezultă din programarea automată')
    await expect(section(page)).not.toContainText('Aceste ținte nu pot fi respectate')

    await page.getByRole('button', { name: 'Modifică țintele contului main' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Adaugă' }).click()
    const last = dialog.locator('.freshness-row').last()
    await last.getByRole('combobox', { name: 'Unitate' }).click()
    await page.getByTitle('minute', { exact: true }).last().click()
    expect(await seriousFindings(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Salvează' }).click()
    await expect(dialog).toBeHidden()

    await expect(section(page).getByText('Aceste ținte nu pot fi respectate')).toBeVisible()
    await expect(section(page).getByText(/disponibilul este de 1\.080: lipsesc [\d.]+\./)).toBeVisible()
    await expect(section(page).getByRole('row').last()).toContainText('toate ofertele')
    await expect(section(page)).not.toContainText('țintele rezultă din programarea automată')
    expect(await seriousFindings(page)).toEqual([])
    await page.getByRole('heading', { name: 'Prospețime' }).evaluate((heading) => heading.scrollIntoView())
    await expect(page.getByText('Țintele au fost salvate.')).toBeHidden()
    await screenshot(page, 'freshness')

    await page.getByRole('button', { name: 'Modifică țintele contului main' }).click()
    await dialog.getByRole('button', { name: 'din program' }).click()
    await expect(section(page)).toContainText('țintele rezultă din programarea automată')
    await expect(section(page).getByText('Aceste ținte nu pot fi respectate')).toBeHidden()
  })

  test.describe('on a phone, in the dark, in English', () => {
    test.use({ viewport: { width: 390, height: 844 }, colorScheme: 'dark', locale: 'en-GB' })

    test('freshness and its dialog fit the screen', { tag: '@thorough' }, async ({ page }) => {
      const targets = [{ selection: { stock_max: 4 }, max_age_seconds: 900 }, { max_age_seconds: 60 }]
      await caller.send('PUT', '/api/v1/freshness/main/targets', { targets })
      await logIn(page, '/sync')
      await expect(section(page).getByText('These targets cannot be met')).toBeVisible()
      await expect(section(page)).toContainText('stock at most 4')
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
      expect(await seriousFindings(page)).toEqual([])
      await page.getByRole('heading', { name: 'Freshness' }).evaluate((heading) => heading.scrollIntoView())
      await screenshot(page, 'freshness-phone-dark')
      await page.getByRole('button', { name: 'Change the targets of main' }).click()
      const dialog = page.getByRole('dialog')
      await expect(dialog.locator('.freshness-row')).toHaveCount(2)
      expect(await dialog.evaluate((box) => box.scrollWidth - box.clientWidth)).toBe(0)
      expect(await seriousFindings(page)).toEqual([])
    })
  })
})

test.describe('on a phone, in the dark, in English', () => {
  test.use({ viewport: { width: 390, height: 844 }, colorScheme: 'dark', locale: 'en-GB' })

  test(
    'history and a run fit the screen, and nothing serious is found',
    { tag: '@thorough' },
    async ({ page }) => {
      await logIn(page, '/history')
      await expect(page.getByRole('heading', { level: 1, name: 'History' })).toBeVisible()
      await expect(page.locator('.data-table tbody tr').first()).toBeVisible()
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
      expect(await seriousFindings(page)).toEqual([])
      // Of an older run, whose copy has changed since, no digest can be made any more.
      const { sync_id } = await caller.sync({ account: 'main' })
      await page.goto(`/history/${sync_id}`)
      await expect(
        page.getByText('Everything was read, and the local copy is complete.').first(),
      ).toBeVisible()
      await page
        .getByRole('heading', { name: 'Is the copy complete?' })
        .evaluate((heading) => heading.scrollIntoView())
      await expect(page.getByText(/^1:[0-9a-f]{64}$/)).toBeVisible()
      await screenshot(page, 'certificate-phone-dark')
      await page.getByRole('checkbox').uncheck()
      const table = page.getByRole('region', { name: 'How the pages were read' })
      await expect(table.getByRole('row').nth(1)).toBeVisible()
      expect(await table.evaluate((frame) => frame.scrollWidth - frame.clientWidth)).toBe(0)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
      expect(await seriousFindings(page)).toEqual([])
    },
  )
})
