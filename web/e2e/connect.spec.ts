import { ADMIN, expect, screenshot, seriousFindings, test } from './support/fixtures.ts'

test.use({
  setup: { accounts: [{ name: 'main', offers: 120 }], limited: false, latencyMs: 0, fromNothing: true },
})

test('from nothing to the first copy: an admin, an account, every refusal, the address to allow', async ({
  page,
  stack,
  faults,
}) => {
  faults.allow(/424|502/)
  await page.goto(await stack.setupAddress())
  await expect(page.getByRole('heading', { name: 'Primul administrator' })).toBeVisible()
  await page.getByLabel('Parolă', { exact: true }).fill(ADMIN.password)
  await page.getByLabel('Parola, încă o dată').fill(ADMIN.password)
  await page.getByRole('button', { name: 'Continuă' }).click()

  await expect(page.getByRole('heading', { level: 1, name: 'Conectare la eMAG' })).toBeVisible()
  await expect(page).toHaveURL(/\/connect$/)
  await page.getByLabel('Utilizator API').fill('main')
  await page.getByLabel('Parolă API').fill('gresita')
  await page.getByLabel('Adresa API').fill(stack.sandbox.apiUrl)
  await page.getByRole('button', { name: 'Conectează', exact: true }).click()
  await expect(page.getByRole('alert')).toContainText('eMAG refuză utilizatorul sau parola')

  await stack.sandbox.control('POST', '/faults', { kind: 'invalid_ip', times: 1 })
  await page.getByLabel('Parolă API').fill('main-parola')
  const again = page.getByRole('button', { name: 'Salvează și testează din nou' })
  await again.click()
  await expect(page.getByRole('alert')).toContainText('eMAG nu acceptă încă adresa acestui server')
  await expect(page.getByRole('alert').locator('code')).toHaveText('127.0.0.1')
  await expect(page.getByRole('alert').getByRole('button', { name: 'Copiază' })).toBeVisible()
  expect(await seriousFindings(page)).toEqual([])
  await screenshot(page, 'connect')

  await stack.sandbox.control('POST', '/faults', { kind: 'status', status: 503, times: 2 })
  await again.click()
  await expect(page.getByRole('alert')).toContainText('Nu este de la contul main')
  await again.click()
  await expect(page.getByRole('status').getByText('120 de oferte la eMAG.')).toBeVisible()
  await page.getByRole('button', { name: 'Pornește prima copiere' }).click()
  await expect(page.getByText('Finalizată', { exact: true })).toBeVisible()
  await page.getByRole('link', { name: 'Vezi ofertele' }).click()
  await expect(page.getByText(/120 de oferte/).first()).toBeVisible()

  await page.goto('/settings/accounts')
  await expect(page.getByText('eMAG îl acceptă')).toBeVisible()
  await page.getByRole('button', { name: 'Modifică contul main' }).click()
  await page.getByRole('dialog').getByRole('switch').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Salvează' }).click()
  await expect(page.locator('tbody').getByText('Oprit', { exact: true })).toBeVisible()
  await page.setViewportSize({ width: 390, height: 844 })
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true)
  expect(await page.content()).not.toContain('main-parola')
})
