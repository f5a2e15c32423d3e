import { Caller } from './support/calls.ts'
import { expect, logIn, seriousFindings, test } from './support/fixtures.ts'
import { showPictures } from './support/pictures.ts'

const OFFERS = 300

test.use({
  setup: {
    accounts: [{ name: 'main', offers: OFFERS }],
    limited: false,
    latencyMs: 0,
    // Small pieces: what is worked through in the background is seen to be.
    env: { EMAGSYNC_EDITS__BULK_PIECE: '5' },
  },
})

let caller: Caller

test.beforeAll(async ({ stack }) => {
  test.setTimeout(120_000)
  caller = await Caller.logIn(stack)
  expect((await caller.sync()).status).toBe('completed')
})

const inRomanian = (count: number): string => new Intl.NumberFormat('ro-RO').format(count)

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
  await logIn(page, '/offers?account=main&size=25')
  await page.getByRole('checkbox', { name: 'Selectează toate ofertele de pe pagină' }).check()
  const bar = page.getByRole('region', { name: 'Oferte selectate' })
  await bar.getByRole('button', { name: `Selectează toate cele ${inRomanian(told)}` }).click()
  await bar.getByRole('button', { name: 'Modifică…' }).click()
  const drawer = page.getByRole('dialog')
  await drawer.getByText('Scade cu', { exact: true }).click()
  await drawer.getByRole('textbox', { name: 'Cât' }).fill('1')
  const progress = drawer.getByRole('progressbar').filter({ visible: true }).waitFor()
  const advice = drawer.getByText('Puteți lucra mai departe').waitFor()
  await drawer.getByRole('button', { name: 'Previzualizează' }).click()
  await Promise.all([progress, advice])
  await expect(drawer.getByRole('heading', { name: /^Previzualizarea este gata/ })).toContainText(
    inRomanian(OFFERS),
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
  const waiting = await caller.json<{ edits: unknown[] }>(
    'GET',
    '/api/v1/emag/edits?limit=1&account_type=main',
  )
  expect(waiting.edits).toEqual([])
})
