import { Caller } from './support/calls.ts'
import { expect, logIn, screenshot, seriousFindings, test } from './support/fixtures.ts'

test.use({
  contextOptions: { reducedMotion: 'reduce' },
  setup: {
    accounts: [
      { name: 'main', offers: 80 },
      { name: 'fbe', offers: 10 },
    ],
    limited: false,
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

test('the morning after a night of changes, each number opens exactly its offers', async ({
  page,
  stack,
}) => {
  const caller = await Caller.logIn(stack)
  const change = (ids: number[], set: object) =>
    stack.sandbox.control('POST', '/offers/change', { account: 'main', ids, set })
  await change([1, 2, 3, 4, 5, 6], SELLS)
  expect((await caller.sync({ account: 'both' })).status).toBe('completed')
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
  const caller = await Caller.logIn(stack)
  const change = (ids: number[], set: object) =>
    stack.sandbox.control('POST', '/offers/change', { account: 'main', ids, set })
  await change([11, 12], { sale_price: '88.0000' })
  const preview = await caller.sync({ account: 'main', dry_run: true })
  await logIn(page, `/history/${preview.sync_id}`)
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
