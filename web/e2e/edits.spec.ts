import type { Page } from '@playwright/test'

import { Caller } from './support/calls.ts'
import { expect, logIn, screenshot, seriousFindings, test } from './support/fixtures.ts'
import { showPictures } from './support/pictures.ts'

interface Product {
  id: number
  emag_id: number
  part_number: string
  price: string
  stock: number
  version: string
  pending_edits: { state: string }[]
}

// MAIN asks a person before anything is sent, FBE sends by itself; conflicts are for a person.
test.use({
  setup: {
    accounts: [
      { name: 'main', offers: 120 },
      { name: 'fbe', offers: 120 },
    ],
    limited: false,
    latencyMs: 5,
    env: {
      EMAG_MAIN_PUSH: 'approve',
      EMAG_FBE_PUSH: 'on',
      EMAGSYNC_EDITS__CONFLICT_STRATEGY: 'manual',
      EMAGSYNC_EDITS__LOOK_SECONDS: '0.3',
    },
  },
})

let caller: Caller
test.beforeAll(async ({ stack }) => {
  caller = await Caller.logIn(stack)
  const run = await caller.sync()
  expect(run.status, JSON.stringify(run)).toBe('completed')
})

async function products(query: string): Promise<Product[]> {
  const answer = await caller.json<{ data: { products: Product[] } }>(
    'GET',
    `/api/v1/emag/products/products?limit=100&${query}`,
  )
  return answer.data.products
}

const row = (page: Page, text: string | number) => page.getByRole('row').filter({ hasText: `${text}` })
const edit = (page: Page, product: Product, field: string) =>
  row(page, product.part_number).getByTitle(`Modifică: ${field}`)

/** Times part of it, with two decimals. */
const share = (price: string, part: number): string => (Number(price) * part).toFixed(2)

test('a price that was mistyped is asked about, a faster colleague is noticed, and what is kept reaches eMAG', async ({
  page,
  faults,
}) => {
  faults.allow(/status of (412|422)/)
  await showPictures(page)
  const [product, other] = (await products('account=main&status=active&sort=-sale_price')).filter(
    ({ pending_edits }) => pending_edits.length === 0,
  ) as [Product, Product]
  await logIn(page, '/offers?account=main&sort=-sale_price')

  await edit(page, product, 'Preț fără TVA').click()
  const editor = page.getByRole('dialog', { name: 'Modifică: Preț fără TVA' })
  await editor.getByRole('textbox').first().fill('0')
  await editor.getByRole('button', { name: 'Salvează' }).click()
  await expect(editor.getByRole('alert')).toContainText('în afara limitelor')
  await editor
    .getByRole('textbox')
    .first()
    .fill(share(product.price, 1 / 1.21))
  await editor.getByRole('button', { name: 'Salvează' }).click()
  const question = page.getByRole('dialog', { name: 'Sigur doriți această valoare?' })
  await expect(question).toContainText('cât o cotă de TVA')
  expect(await seriousFindings(page)).toEqual([])
  await screenshot(page, 'offer-confirm')
  await question.getByRole('button', { name: 'Înapoi' }).click()
  await expect(question).toBeHidden()
  await editor.getByRole('button', { name: 'Salvează' }).click()
  await question.getByRole('button', { name: 'Da, salvează' }).click()
  await expect(editor).toBeHidden()
  await expect(row(page, product.part_number)).toContainText('O modificare în așteptare')

  await edit(page, product, 'Stoc').click()
  const stock = page.getByRole('dialog', { name: 'Modifică: Stoc' })
  await stock.getByRole('textbox').fill('+7')
  await caller.send('PATCH', `/api/v1/emag/products/products/${product.id}`, { handling_time: 9 })
  await stock.getByRole('button', { name: 'Salvează' }).click()
  await expect(stock.getByRole('alert')).toContainText('Altcineva a schimbat oferta')
  await stock.getByRole('button', { name: 'Reîncarcă oferta' }).click()
  await expect(stock).toBeHidden()
  await expect(row(page, product.part_number)).toContainText('2 modificări în așteptare')
  await edit(page, product, 'Stoc').click()
  await stock.getByRole('textbox').fill('+7')
  await stock.getByRole('textbox').press('Enter')
  await expect(stock).toBeHidden()
  await expect(row(page, product.part_number)).toContainText('3 modificări în așteptare')
  await expect(row(page, product.part_number).locator('.coming').last()).toContainText(`${product.stock + 7}`)
  await screenshot(page, 'offers-edited')

  await row(page, other.part_number).locator('.offer-link').click()
  const drawer = page.getByRole('dialog')
  await drawer.getByRole('tab', { name: 'Modifică', exact: true }).click()
  await drawer.getByLabel('Preț recomandat', { exact: true }).fill('0.01')
  await drawer.getByRole('button', { name: 'Salvează' }).click()
  await expect(drawer.locator('.ant-form-item-explain-error')).toContainText(
    'mai mare decât prețul de vânzare',
  )
  await drawer.getByLabel('Preț recomandat', { exact: true }).fill(share(other.price, 1.3))
  await drawer.getByRole('button', { name: 'Salvează' }).click()
  await expect(drawer.getByRole('heading', { name: /^Modificări în așteptare/ })).toBeVisible()
  expect(await seriousFindings(page)).toEqual([])
  await screenshot(page, 'offer-edit')
  await drawer.getByRole('button', { name: 'Retrage' }).click()
  await expect(drawer.getByRole('heading', { name: /^Modificări în așteptare/ })).toBeHidden()
  await page.keyboard.press('Escape')

  await page.goto('/edits/outbox?account=main')
  const line = row(page, product.part_number)
  await expect(line).toContainText('Așteaptă aprobarea')
  await line.getByRole('checkbox').check()
  expect(await seriousFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Aprobă una' }).click()
  await expect(line).toContainText('Aplicată pe eMAG')
  await screenshot(page, 'edits-outbox')
  const [after] = await products(`account=main&emag_id=${product.emag_id}`)
  expect(after?.stock).toBe(product.stock + 7)
  expect(after?.pending_edits).toEqual([])

  await page.getByRole('tab', { name: 'Anulare' }).click()
  await page
    .getByRole('link', { name: /^Anulează trimiterea/ })
    .first()
    .click()
  await expect(page.getByText('3 valori se restabilesc.')).toBeVisible()
  expect(await seriousFindings(page)).toEqual([])
  await screenshot(page, 'edits-undo')
  await page.getByRole('button', { name: 'Restabilește 3 valori' }).click()
  // The price goes back up by a VAT rate: that is asked about like any edit.
  await question.getByRole('button', { name: 'Da, salvează' }).click()
  await expect(page.getByText('3 valori sunt în curs de restabilire')).toBeVisible()
})

test(
  'a list that drops prices by 60 % needs a yes, and then the brake asks once more',
  { tag: '@thorough' },
  async ({ page, faults }) => {
    faults.allow(/status of 422/)
    const some = (await products('account=fbe&status=active&sort=emag_id')).slice(0, 60)
    const lines = some.map(({ emag_id, price }) => `${emag_id};${share(price, 0.4)};${share(price, 0.3)}`)
    await logIn(page, '/edits/bulk')
    await page.getByRole('combobox', { name: 'Cont' }).click()
    await page.getByTitle('fbe', { exact: true }).last().click()
    await page
      .getByLabel('Sau lipiți rândurile')
      .fill(['emag_id;preț;preț min', ...lines, '999999999;1;1'].join('\n'))
    await page.getByRole('button', { name: 'Previzualizează' }).click()
    await expect(page.getByText('Cere confirmare: 60')).toBeVisible()
    await expect(page.getByText('Cu erori: 1', { exact: true })).toBeVisible()
    await expect(row(page, '999999999')).toContainText('contul nu are această ofertă')
    const apply = page.getByRole('button', { name: /^Salvează/ })
    await expect(apply).toBeDisabled()
    expect(await seriousFindings(page)).toEqual([])
    await screenshot(page, 'edits-bulk')
    await page.getByRole('checkbox', { name: /Confirm cele 60 de rânduri/ }).check()
    await expect(apply).toBeDisabled()
    await page.getByRole('checkbox', { name: /Ignoră rândurile/ }).check()
    await apply.click()
    await expect(page.getByText('60 de oferte au fost modificate').first()).toBeVisible()

    const brake = page.getByRole('alert').filter({ hasText: 'Trimiterea pentru fbe a fost oprită' })
    await expect(brake).toContainText('60 de oferte cu preț schimbat')
    await page.goto('/edits/outbox?account=fbe')
    await expect(row(page, some[0]?.part_number ?? '')).toContainText('De trimis')
    expect(await seriousFindings(page)).toEqual([])
    await screenshot(page, 'edits-brake')
    await brake.getByRole('button', { name: 'Nu' }).click()
    await expect(brake).toBeHidden()
    await expect(row(page, some[0]?.part_number ?? '')).toContainText('Respinsă de admin, la confirmarea')
    const after = await products('account=fbe&status=active&sort=emag_id')
    expect(after.slice(0, 60).map(({ price }) => price)).toEqual(some.map(({ price }) => price))
  },
)

test('chosen offers get one change, whose effect is shown before, and their last push is put back', async ({
  page,
}) => {
  await showPictures(page)
  const some = (await products('account=fbe&status=active&sort=-emag_id')).slice(0, 3)
  const taken = some.map(({ part_number }) => row(page, part_number))
  await logIn(page, '/offers?account=fbe&status=active&sort=-emag_id')
  for (const line of taken) await line.getByRole('checkbox').check()
  const bar = page.getByRole('region', { name: 'Oferte selectate' })
  await expect(bar).toContainText('3 oferte selectate')
  expect(await seriousFindings(page)).toEqual([])
  await screenshot(page, 'offers-chosen')

  await bar.getByRole('button', { name: 'Modifică…' }).click()
  const drawer = page.getByRole('dialog', { name: 'Modifică 3 oferte' })
  await drawer.getByRole('combobox', { name: 'Ce se schimbă' }).click()
  await page.getByTitle('Stoc', { exact: true }).last().click()
  await drawer.getByText('Crește cu', { exact: true }).click()
  await drawer.getByRole('textbox', { name: 'Cât' }).fill('2,5')
  await expect(drawer.getByRole('alert')).toContainText('Scrieți un număr întreg')
  await expect(drawer.getByRole('button', { name: 'Previzualizează' })).toBeDisabled()
  await drawer.getByRole('textbox', { name: 'Cât' }).fill('4')
  await drawer.getByRole('textbox', { name: 'Cât' }).press('Enter')
  await expect(drawer.getByText('Se schimbă: 3')).toBeVisible()
  const first = some[0] as Product
  await expect(row(page, first.part_number).last()).toContainText(`→ ${first.stock + 4}`)
  await drawer.getByRole('button', { name: 'Salvează 3 modificări' }).click()
  await expect(drawer.getByText('3 oferte au fost modificate')).toBeVisible()
  await drawer.getByRole('link', { name: 'Vezi trimiterea la eMAG' }).click()
  await page.goto('/edits/outbox?account=fbe&state=applied')
  for (const line of taken) await expect(line).toContainText('Aplicată pe eMAG')

  await page.goto('/offers?account=fbe&status=active&sort=-emag_id')
  for (const line of taken.slice(0, 2)) await line.getByRole('checkbox').check()
  await bar.getByRole('link', { name: 'Anulează ultima trimitere…' }).click()
  await expect(page.getByRole('heading', { name: /celor 2 oferte selectate \(fbe\)/ })).toBeVisible()
  await page.getByRole('button', { name: 'Restabilește 2 valori' }).click()
  await expect(page.getByText('2 valori sunt în curs de restabilire')).toBeVisible()
  await page.goto(`/edits/undo?account=fbe&ids=${first.emag_id}`)
  await expect
    .poll(async () => (await products(`account=fbe&emag_id=${first.emag_id}`))[0]?.stock)
    .toBe(first.stock)
})

test(
  'a refused line shows eMAG’s words and what to do, one in a campaign when it is sent again',
  { tag: '@thorough' },
  async ({ page, stack }) => {
    const [refused, waiting] = (await products('account=fbe&status=active&sort=emag_id')).slice(-2) as [
      Product,
      Product,
    ]
    const ids = [refused.emag_id]
    const messages = ['Offer not found in the catalogue']
    await stack.sandbox.control('POST', '/save_rules', { account: 'fbe', ids, messages })
    await stack.sandbox.control('POST', '/offers/join_campaign', { account: 'fbe', ids: [waiting.emag_id] })
    for (const { id, price } of [refused, waiting])
      await caller.send('PATCH', `/api/v1/emag/products/products/${id}`, { sale_price: share(price, 1.01) })
    await logIn(page, '/edits/outbox?account=fbe')
    const line = row(page, refused.part_number).first()
    await expect(line).toContainText('Respinsă')
    await expect(line).toContainText('eMAG a refuzat modificarea: Offer not found in the catalogue')
    await expect(line).toContainText('Sincronizați contul.')
    const inCampaign = row(page, waiting.part_number).first()
    await expect(inCampaign).toContainText('De trimis')
    await expect(inCampaign).toContainText('Așteaptă să se încheie o campanie pe eMAG')
    await expect(inCampaign).toContainText('Se trimite din nou:')
    expect(await seriousFindings(page)).toEqual([])

    await page.goto('/edits/waiting?account=fbe')
    await expect(row(page, waiting.part_number)).toContainText('Așteaptă să se încheie o campanie pe eMAG')
    await row(page, waiting.part_number).getByRole('button', { name: 'Retrage' }).click()
    await expect(row(page, waiting.part_number)).toBeHidden()
    await stack.sandbox.control('DELETE', '/save_rules')
  },
)

test(
  'all that the filters find are previewed with a percentage, and the brake is told of before',
  { tag: '@thorough' },
  async ({ page }) => {
    await showPictures(page)
    const found = await products('account=main&sort=emag_id&status=active')
    await logIn(page, '/offers?account=main&status=active&size=25')
    await page.getByRole('checkbox', { name: 'Selectează toate ofertele de pe pagină' }).check()
    const bar = page.getByRole('region', { name: 'Oferte selectate' })
    await expect(bar).toContainText('25 de oferte selectate')
    await bar.getByRole('button', { name: /^Selectează toate cele \d+ (de )?oferte găsite/ }).click()
    await bar.getByRole('button', { name: 'Modifică…' }).click()
    const drawer = page.getByRole('dialog')
    await drawer.getByText('Scade cu', { exact: true }).click()
    await drawer.getByRole('textbox', { name: 'Cât' }).fill('16')
    await drawer.getByRole('button', { name: 'Previzualizează' }).click()
    await expect(drawer.getByText('Trimiterea pentru main se va opri')).toBeVisible()
    await expect(drawer.getByText('diferența este cât o cotă de TVA').first()).toBeVisible()
    await expect(drawer.getByRole('button', { name: /^Salvează/ })).toBeDisabled()
    expect(await seriousFindings(page)).toEqual([])
    await screenshot(page, 'offers-change')
    await page.keyboard.press('Escape')
    await expect(drawer).toBeHidden()
    const after = await products('account=main&sort=emag_id&status=active')
    expect(after.map(({ price }) => price)).toEqual(found.map(({ price }) => price))
  },
)

test('what changed here and on eMAG is decided: one by another value, the rest for eMAG', async ({
  page,
  stack,
}) => {
  const three = (await products('account=main&status=active&sort=emag_id')).slice(0, 3)
  for (const { id, emag_id, price } of three) {
    await caller.send('PATCH', `/api/v1/emag/products/products/${id}`, { sale_price: share(price, 1.02) })
    const set = { sale_price: `${share(price, 1.01)}00` }
    await stack.sandbox.control('POST', '/offers/change', { account: 'main', ids: [emag_id], set })
  }
  await caller.sync({ account: 'main' })
  await logIn(page, '/offers?account=main&sort=emag_id')
  await expect(row(page, three[0]?.part_number ?? '')).toContainText('Conflict')
  await page
    .getByRole('region', { name: 'Așteaptă o decizie' })
    .getByRole('link', { name: 'Decideți' })
    .click()
  await expect(page.getByText('3 conflicte așteaptă o decizie')).toBeVisible()
  expect(await seriousFindings(page)).toEqual([])
  await screenshot(page, 'edits-conflicts')

  const first = three[0] as Product
  await row(page, first.part_number).getByRole('button', { name: 'Altă valoare…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox').fill(share(first.price, 1.03))
  await dialog.getByRole('button', { name: 'Salvează' }).click()
  await expect(row(page, first.part_number)).toBeHidden()
  await page.getByRole('checkbox', { name: 'Selectează toate rândurile' }).check()
  await page.getByRole('button', { name: 'Folosește valorile eMAG pentru 2' }).click()
  await expect(page.getByText('Niciun conflict', { exact: true })).toBeVisible()
  await expect(page.getByRole('region', { name: 'Așteaptă o decizie' })).toBeHidden()

  await page.goto('/edits/conflicts?state=resolved')
  await expect(row(page, first.part_number)).toContainText('Altă valoare')
  await expect(row(page, three[1]?.part_number ?? '')).toContainText('A rămas valoarea eMAG')
})
