import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { Caller } from './support/calls.ts'
import { expect, logIn, logInByForm, screenshot, seriousFindings, test } from './support/fixtures.ts'

test.use({
  contextOptions: { reducedMotion: 'reduce' },
  setup: {
    accounts: [
      { name: 'main', offers: 20 },
      { name: 'fbe', offers: 10 },
    ],
    limited: false,
    latencyMs: 0,
    env: { EMAGSYNC_SCHEDULE__ENABLED: 'true', EMAGSYNC_WEBHOOKS__ALLOW_PRIVATE: 'true' },
  },
})

test('accounts are shown with the variables that make them and without a secret', async ({ page }) => {
  await logIn(page, '/settings')
  await expect(page.getByText('EMAG_MAIN_PASSWORD')).toBeVisible()
  await expect(page.locator('tbody').getByText('Definit pe server')).toHaveCount(2)
  // The rates of VAT are read when the server has started: then both accounts have been in touch with eMAG.
  await expect(async () => {
    await page.reload()
    await expect(page.locator('tbody').getByText('eMAG îl acceptă')).toHaveCount(2, { timeout: 5000 })
  }).toPass()
  expect(await page.content()).not.toContain('main-parola')
  expect(await seriousFindings(page)).toEqual([])
  await screenshot(page, 'settings')
})

test('an admin adds a user, who sees no settings, and disables the user again', async ({
  page,
  browser,
  stack,
}) => {
  await logIn(page, '/settings/users')
  await page.getByRole('button', { name: 'Adaugă utilizator' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Nume de utilizator').fill('maria')
  await dialog.getByLabel('Parolă', { exact: true }).fill('scurta')
  await dialog.getByRole('button', { name: 'Salvează' }).click()
  await expect(dialog.getByLabel('Parolă', { exact: true })).toHaveAttribute('aria-invalid', 'true')
  await dialog.getByLabel('Parolă', { exact: true }).fill('parola-mariei-1')
  expect(await seriousFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Salvează' }).click()
  const row = page.locator('tbody tr').filter({ hasText: 'maria' })
  await expect(row).toContainText('Vizitator')

  const context = await browser.newContext({ locale: 'ro-RO', baseURL: stack.address })
  const hers = await context.newPage()
  await logInByForm(hers, '/settings/users', { username: 'maria', password: 'parola-mariei-1' })
  await expect(hers.getByText('Nu aveți acces la această pagină')).toBeVisible()
  await context.close()

  await row.getByRole('button').click()
  await page.getByRole('dialog').getByRole('switch').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Salvează' }).click()
  await expect(row).toContainText('Dezactivat')
})

test(
  'a token is shown once, works, and works no more once it is revoked',
  { tag: '@thorough' },
  async ({ page, stack }) => {
    await logIn(page, '/settings/tokens')
    await expect(page.getByText('Nu există chei API')).toBeVisible()
    await page.getByRole('button', { name: 'Creează cheie' }).click()
    await page.getByRole('dialog').getByLabel('Nume').fill('ERP')
    await page.getByRole('dialog').getByRole('button', { name: 'Creează cheie' }).click()
    const field = page.getByRole('textbox', { name: 'Cheia „ERP” a fost creată' })
    const token = await field.inputValue()
    expect(await seriousFindings(page)).toEqual([])
    const ask = async () =>
      (await fetch(`${stack.address}/api/v1/auth/me`, { headers: { authorization: `Bearer ${token}` } }))
        .status
    expect(await ask()).toBe(200)
    await page.getByRole('button', { name: 'Am copiat-o' }).click()
    await expect(field).toBeHidden()
    expect(await page.content()).not.toContain(token)

    await page.getByRole('button', { name: 'Revocă: ERP' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revocă' }).click()
    await expect(page.getByText('Nu există chei API')).toBeVisible()
    expect(await ask()).toBe(401)
  },
)

test(
  'a job is turned off, its interval is changed, and it goes back to the settings',
  { tag: '@thorough' },
  async ({ page, stack }) => {
    await logIn(page, '/settings/schedule')
    const row = page.getByRole('row').filter({ hasText: 'Sincronizare integrală' }).first()
    await expect(row).toContainText(/zilnic( la \d\d:\d\d)?/)
    await row.getByRole('button', { name: 'Modifică intervalul: Sincronizare integrală, main' }).click()
    await row.getByRole('spinbutton').fill('36')
    await row.getByRole('combobox').click()
    await page.getByTitle('ore', { exact: true }).click()
    await row.getByRole('button', { name: 'Salvează' }).click()
    await expect(row).toContainText('la fiecare 36 de ore')
    await expect(row).toContainText('schimbat aici')
    await row.getByRole('switch').click()
    await expect(row.getByRole('switch')).not.toBeChecked()
    expect(await seriousFindings(page)).toEqual([])
    await screenshot(page, 'settings-schedule')
    const caller = await Caller.logIn(stack)
    const job = await caller.json<{ enabled: boolean; interval_seconds: number }>(
      'GET',
      '/api/v1/schedules/full:main',
    )
    expect(job).toMatchObject({ enabled: false, interval_seconds: 36 * 3600 })
    await row.getByRole('button', { name: 'Revino la setările serverului' }).click()
    await expect(row).toContainText('zilnic')
    await expect(row.getByRole('switch')).toBeChecked()
  },
)

test.describe('webhooks', () => {
  let receiver: Server
  const bodies: string[] = []

  test.beforeAll(async () => {
    receiver = createServer((request, answer) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        bodies.push(body)
        answer.writeHead(204).end()
      })
    })
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  })

  test.afterAll(() => {
    receiver.close()
  })

  test('a webhook is added, its test arrives, and it is deleted', async ({ page }) => {
    const { port } = receiver.address() as AddressInfo
    await logIn(page, '/settings/webhooks')
    await page.getByRole('button', { name: 'Adaugă webhook' }).click()
    await page.getByRole('dialog').getByLabel('Nume').fill('ERP')
    await page.getByRole('dialog').getByLabel('Adresă').fill(`http://127.0.0.1:${port}/hook`)
    await page.getByRole('checkbox', { name: 'Oferte modificate' }).check()
    await expect(page.getByLabel('Modificări într-un mesaj, cel mult')).toHaveValue('500')
    await page.getByRole('dialog').getByRole('button', { name: 'Salvează' }).click()
    await expect(page.getByRole('textbox', { name: 'Secretul webhook-ului „ERP”' })).not.toHaveValue('')
    await page.getByRole('button', { name: 'Am copiat-o' }).click()
    await page.getByRole('button', { name: 'Trimite un test: ERP' }).click()
    await expect(page.getByText('Testul a ajuns: răspuns 204.')).toBeVisible()
    expect(bodies).toHaveLength(1)
    expect(await seriousFindings(page)).toEqual([])

    await page.getByRole('button', { name: 'Modifică: ERP' }).click()
    await page.getByRole('menuitem', { name: 'Mesaje trimise' }).click()
    await expect(page.getByRole('dialog')).toContainText('Livrat')
    await page.getByRole('button', { name: 'Trimite din nou' }).click()
    await expect(page.getByText('Mesajul a ajuns: răspuns 204.')).toBeVisible()
    // The same message, byte for byte.
    expect(bodies).toHaveLength(2)
    expect(new Set(bodies).size).toBe(1)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Modifică: ERP' }).click()
    await page.getByRole('menuitem', { name: 'Șterge' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Șterge' }).click()
    await expect(page.getByText('Niciun webhook')).toBeVisible()
  })

  test('a recipient is added, is told by a test, and what was sent is shown', async ({ page, faults }) => {
    faults.allow(/status of 409/)
    const { port } = receiver.address() as AddressInfo
    bodies.length = 0
    await logIn(page, '/settings/notifications')
    await expect(page.getByText('E-mailurile nu pot fi trimise încă')).toBeVisible()
    await page.getByRole('button', { name: 'Adaugă destinatar' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Nume').fill('Canalul echipei')
    await dialog.getByLabel('Adresă', { exact: true }).fill('maria@example.com')
    await dialog.getByRole('button', { name: 'Salvează' }).click()
    await expect(dialog.getByText('Serverul de e-mail nu este setat')).toBeVisible()
    await dialog.getByLabel('Adresă', { exact: true }).fill(`json://127.0.0.1:${port}/secret`)
    expect(await seriousFindings(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Salvează' }).click()
    await expect(page.getByText('json://127.0.0.1/…')).toBeVisible()
    await expect(page.getByText('Rezumatul zilei · zilnic la 08:00')).toBeVisible()
    await page.getByRole('button', { name: 'Trimite un test: Canalul echipei' }).click()
    await expect(page.getByText('Testul a fost trimis.')).toBeVisible()
    expect(bodies).toHaveLength(1)
    expect(bodies[0]).toContain('Mesaj de test')
    expect(await page.content()).not.toContain(`${port}/secret`)
    expect(await seriousFindings(page)).toEqual([])
    await page.getByRole('button', { name: 'Mesaje trimise: Canalul echipei' }).click()
    await expect(dialog).toContainText('Livrat')
  })
})

test(
  'about names the version, the health of every part and the licences',
  { tag: '@thorough' },
  async ({ page }) => {
    await logIn(page, '/settings/about')
    await expect(page.getByText(/^emagsync \d/)).toBeVisible()
    await expect(page.getByText('Totul funcționează')).toBeVisible()
    await expect(page.locator('.checks')).toContainText(/Baza de date:?\s*✓ funcționează/)
    await expect(page.locator('.checks')).not.toContainText(/inline|runs|schema \d/)
    await page.getByText('Componente ale paginii').click()
    await expect(page.getByRole('cell', { name: 'react-dom' })).toBeVisible()
    expect(await seriousFindings(page)).toEqual([])
  },
)

test('the audit log says who did what, and is filtered', { tag: '@thorough' }, async ({ page, stack }) => {
  const user = { username: 'ioana', password: 'parola-ioanei-1', role: 'viewer' }
  await (await Caller.logIn(stack)).send('POST', '/api/v1/users', user)
  await logIn(page, '/settings/audit')
  const rows = page.locator('.data-table tbody tr')
  await expect(rows.first()).toContainText('Conectare în pagină')
  expect(await seriousFindings(page)).toEqual([])
  await screenshot(page, 'settings-audit')
  const action = page.getByRole('combobox', { name: 'Ce', exact: true })
  await action.fill('utilizator adăugat')
  await action.press('Enter')
  await expect(page).toHaveURL(/action=user.add/)
  await expect(rows.filter({ hasText: 'ioana' })).toHaveCount(1)
  await expect(rows.filter({ hasText: 'Conectare' })).toHaveCount(0)
  await page.getByLabel('până la').fill('31.01.2026')
  await page.getByLabel('până la').press('Enter')
  await expect(page.getByText('Nicio schimbare nu corespunde filtrelor.')).toBeVisible()
})
