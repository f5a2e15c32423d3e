import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Page } from '@playwright/test'

import { Caller } from './support/calls.ts'
import { cutOff } from './support/cut-off.ts'
import { expect, logIn, logInByForm, screenshot, seriousFindings, test } from './support/fixtures.ts'
import { showPictures } from './support/pictures.ts'

interface Product {
  emag_id: number
  part_number: string
  price: string
  stock: number
}

test.use({
  contextOptions: { reducedMotion: 'reduce' },
  setup: {
    accounts: [{ name: 'main', offers: 40 }],
    limited: false,
    latencyMs: 1,
    env: {
      EMAG_MAIN_PUSH: 'approve',
      EMAGSYNC_SCHEDULE__ENABLED: 'true',
      EMAGSYNC_WEBHOOKS__ALLOW_PRIVATE: 'true',
      EMAGSYNC_EDITS__LOOK_SECONDS: '0.3',
    },
  },
})

test('accounts are shown with the variables that make them and without a secret', async ({ page }) => {
  await logIn(page, '/settings')
  await expect(page.getByText('EMAG_MAIN_PASSWORD')).toBeVisible()
  await expect(page.locator('tbody').getByText('Definit pe server')).toHaveCount(1)
  // The rates of VAT are read when the server has started: then the account has been in touch with eMAG.
  await expect(async () => {
    await page.reload()
    await expect(page.locator('tbody').getByText('eMAG îl acceptă')).toHaveCount(1, { timeout: 5000 })
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

  test('a webhook is added, its test arrives, and it is deleted', { tag: '@thorough' }, async ({ page }) => {
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
  await expect(rows.filter({ hasText: 'Conectare în pagină' }).first()).toBeVisible()
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

test.describe('sources', () => {
  test.describe.configure({ mode: 'serial' })

  const WIDE = { width: 1280, height: 900 }
  const PHONE = { width: 390, height: 844 }

  /** What the ERP's server answers. */
  let file = ''
  let erp: Server
  let address: string
  let caller: Caller
  let products: Product[]

  test.beforeAll(async ({ stack }) => {
    caller = await Caller.logIn(stack)
    await caller.sync()
    const path = '/api/v1/emag/products/products?account=main&status=active&sort=emag_id&limit=5'
    products = (await caller.json<{ data: { products: Product[] } }>('GET', path)).data.products
    erp = createServer((request, answer) => {
      answer.statusCode = request.url === '/stoc.csv' ? 200 : 404
      answer.end(request.url === '/stoc.csv' ? file : 'no')
    })
    await new Promise<void>((done) => erp.listen(0, '127.0.0.1', done))
    address = `http://127.0.0.1:${(erp.address() as AddressInfo).port}`
  })

  test.afterAll(() => erp.close())

  const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text })

  /** A price as a Romanian program writes it. */
  const written = (price: number): string => price.toFixed(2).replace('.', ',')

  // One width has what the other has, but for how it is laid out.
  const axeAt: readonly object[] = process.env.E2E_THOROUGH === undefined ? [WIDE] : [WIDE, PHONE]

  /** Nothing is cut off, wide or on a phone, and nothing has a serious finding. */
  async function looksWell(page: Page): Promise<void> {
    // What is pointed at has another colour.
    await page.mouse.move(0, 0)
    for (const size of [PHONE, WIDE]) {
      await page.setViewportSize(size)
      expect.soft(await cutOff(page, size.width), `at ${size.width}`).toEqual([])
      if (axeAt.includes(size)) expect.soft(await seriousFindings(page), `at ${size.width}`).toEqual([])
    }
  }

  async function choose(page: Page, column: string, field: string): Promise<void> {
    await page.getByRole('combobox', { name: `Ce este coloana „${column}”` }).click()
    await page.getByTitle(field, { exact: true }).last().click()
  }

  test('a shop adds its ERP’s file, corrects a wrong guess, sees what would change, approves it and finds the edits', async ({
    page,
    faults,
  }) => {
    faults.allow(/status of (422|502)/)
    test.setTimeout(150_000)
    await showPictures(page)
    const [one, two, three] = products as [Product, Product, Product]
    const price = Number(two.price)
    // `Cod` is the supplier's: the shop's own code is in `Articol`.
    file = [
      'Cod;Articol;Denumire;Stoc;Pret fara TVA;Pret cu TVA',
      `F-100;${one.part_number};Cană;${one.stock + 5};;`,
      `F-101;${two.part_number};Lampă;${two.stock};${written(price * 1.05)};${written(price * 1.05 * 1.21)}`,
      `F-102;${three.part_number};Scaun;multe;;`,
      'F-103;NU-EXISTA;Masă;1;;',
    ].join('\n')
    await page.setViewportSize(WIDE)
    await logIn(page, '/settings/sources')
    await expect(page.getByText('Nicio sursă')).toBeVisible()
    await looksWell(page)
    await page.getByRole('button', { name: 'Adaugă o sursă' }).click()

    await page.getByLabel('Nume', { exact: true }).fill('Stoc din gestiune')
    await page.getByLabel('Adresa fișierului').fill('ftp://erp.example.com/stoc.csv')
    await looksWell(page)
    await page.getByRole('button', { name: 'Continuă' }).click()
    await expect(page.getByText('Adresa nu este acceptată: trebuie să arate ca')).toBeVisible()
    await page.getByLabel('Adresa fișierului').fill(`${address}/altul.csv`)
    await page.getByRole('button', { name: 'Continuă' }).click()
    await expect(page.getByRole('alert')).toContainText('Fișierul altul.csv nu există acolo')
    await page.getByRole('button', { name: 'Înapoi' }).click()
    await page.getByLabel('Adresa fișierului').fill(`${address}/stoc.csv`)
    await page.getByRole('button', { name: 'Continuă' }).click()

    await expect(row(page, 'Cod').first()).toContainText('F-100')
    await expect(row(page, 'Pret cu TVA')).toContainText('Nu se citește')
    await choose(page, 'Articol', 'Cod produs (SKU)')
    await page.getByRole('button', { name: 'Continuă' }).click()
    await expect(page.getByText('Mai multe coloane sunt „Cod produs (SKU)”: Cod, Articol.')).toBeVisible()
    await choose(page, 'Cod', 'Nu se citește')
    await expect(page.getByText('Mai multe coloane sunt')).toBeHidden()
    await looksWell(page)
    await screenshot(page, 'sources-columns')
    await page.getByRole('button', { name: 'Continuă' }).click()

    await expect(page.getByText('Numai previzualizare')).toBeVisible()
    await page.getByRole('radio', { name: /Primesc stoc 0/ }).check()
    await expect(page.getByText('Toate ofertele contului cu stoc care nu apar în fișier')).toBeVisible()
    await page.getByRole('radio', { name: /Rămân cum sunt/ }).check()
    await looksWell(page)
    await page.getByRole('button', { name: 'Salvează și citește acum' }).click()

    const drawer = page.getByRole('dialog')
    await expect(drawer).toContainText('Iată ce s-ar schimba')
    await expect(row(page, one.part_number)).toContainText(`${one.stock} → ${one.stock + 5}`)
    await expect(row(page, two.part_number)).toContainText('Preț fără TVA')
    await expect(row(page, three.part_number)).toContainText('Celula D4:')
    await expect(row(page, 'NU-EXISTA')).toContainText('Celula B5: contul nu are această ofertă')
    await looksWell(page)
    await screenshot(page, 'sources-reading')
    await drawer.getByText('un rând cu erori', { exact: true }).click()
    await expect(row(page, one.part_number)).toBeHidden()
    expect(await caller.json<{ edits: unknown[] }>('GET', '/api/v1/emag/edits')).toMatchObject({ edits: [] })
    await drawer.getByRole('button', { name: 'Aprobă 2 modificări' }).click()
    await expect(drawer).toContainText('2 așteaptă')
    await drawer.getByRole('link', { name: 'Modificările acestei citiri' }).click()
    await expect(row(page, one.part_number)).toContainText(`${one.stock} → ${one.stock + 5}`)
    await expect(row(page, two.part_number)).toContainText('Stoc din gestiune (admin)')

    await page.goto('/edits/outbox?account=main')
    await row(page, one.part_number).getByRole('checkbox').check()
    await page.getByRole('button', { name: 'Aprobă una' }).click()
    await expect(row(page, one.part_number)).toContainText('Aplicată pe eMAG')

    await page.goto('/history')
    await page.getByRole('link', { name: 'Citiri ale surselor' }).click()
    await expect(row(page, 'Stoc din gestiune')).toContainText('Preluată')
    await looksWell(page)
    await row(page, 'Stoc din gestiune').getByRole('link').click()
    await expect(page.getByRole('dialog')).toContainText('una ajunsă pe eMAG')
    await page.getByRole('dialog').getByRole('link', { name: 'Anulează ce s-a trimis (main)…' }).click()
    await expect(page.getByText('O valoare se restabilește.')).toBeVisible()
  })

  test(
    'the same file does nothing, half a file is refused until somebody says that it is right',
    { tag: '@thorough' },
    async ({ page }) => {
      await logIn(page, '/settings/sources')
      const line = row(page, 'Stoc din gestiune')
      await line.getByRole('button', { name: /^Citește acum/ }).click()
      const drawer = page.getByRole('dialog')
      await expect(drawer).toContainText('Fișierul este același ca data trecută')
      await drawer
        .getByRole('button', { name: 'Close' })
        .or(drawer.locator('.ant-drawer-close'))
        .first()
        .click()
      file = file.split('\n').slice(0, 2).join('\n')
      await page.getByRole('button', { name: /^Citește acum/ }).click()
      await expect(drawer).toContainText('Fișierul pare pe jumătate')
      await expect(drawer).toContainText('Rânduri acum: 1; data trecută: 4.')
      await drawer.getByRole('button', { name: 'Preia-l totuși' }).click()
      await expect(drawer).toContainText('Fișierul nu are nimic de schimbat')
      await page.goto('/settings/sources')
      await expect(line).toContainText('Numai previzualizare')
      await looksWell(page)
    },
  )

  test(
    'a program sends its file to the address that the page shows, and an admin changes, switches off and deletes',
    { tag: '@thorough' },
    async ({ page, stack, faults }) => {
      faults.allow(/status of 409/)
      await logIn(page, '/settings/sources')
      await page.getByRole('button', { name: 'Adaugă o sursă' }).click()
      await page.getByLabel('Nume', { exact: true }).fill('Trimis de ERP')
      await page.getByRole('radio', { name: /Programul meu îl trimite aici/ }).check()
      await page.getByRole('button', { name: 'Continuă' }).click()
      const first = products[0] as Product
      const sample = Buffer.from(`sku,stoc\n${first.part_number},${first.stock + 9}\n`)
      await page
        .locator('input[type=file]')
        .setInputFiles({ name: 'proba.csv', mimeType: 'text/csv', buffer: sample })
      await expect(row(page, 'sku')).toContainText('ghicit')
      await page.getByRole('button', { name: 'Continuă' }).click()
      await page.getByRole('button', { name: 'Salvează', exact: true }).click()

      await expect(page.getByText('Cum trimite programul fișierul')).toBeVisible()
      const shown = (await page.getByRole('alert').locator('code').first().textContent()) ?? ''
      expect(shown).toMatch(new RegExp(`^${stack.address}/api/v1/sources/[0-9a-f-]+/file$`))
      await looksWell(page)
      const { token } = await caller.json<{ token: string }>('POST', '/api/v1/tokens', {
        name: 'ERP',
        role: 'operator',
      })
      const sent = await fetch(shown, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: sample,
      })
      expect(sent.status).toBe(200)
      await expect(row(page, 'trimisă de admin')).toContainText('o ofertă se schimbă')
      await page.getByRole('button', { name: 'Toate sursele' }).click()
      await expect(row(page, 'Trimis de ERP')).toContainText('Așteaptă aprobarea')
      await looksWell(page)
      await screenshot(page, 'sources')
      await row(page, 'Trimis de ERP').getByRole('link').click()

      await page.getByRole('button', { name: 'Mai multe: Trimis de ERP' }).click()
      await page.getByText('Modifică', { exact: true }).click()
      await page.getByLabel('Nume', { exact: true }).fill('Stoc din gestiune')
      await page.getByRole('button', { name: 'Continuă' }).click()
      await page.getByRole('button', { name: 'Continuă' }).click()
      await page.getByRole('button', { name: 'Salvează', exact: true }).click()
      await expect(page.getByText('Există deja o sursă cu acest nume')).toBeVisible()
      await page.getByRole('button', { name: 'Renunță' }).click()

      await page.getByRole('button', { name: 'Mai multe: Trimis de ERP' }).click()
      await page.getByText('Oprește', { exact: true }).click()
      await expect(page.getByRole('heading', { level: 2 })).toContainText('Oprită')
      await page.getByRole('button', { name: 'Mai multe: Trimis de ERP' }).click()
      await page.getByText('Șterge', { exact: true }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Șterge' }).click()
      await expect(row(page, 'Trimis de ERP')).toHaveCount(0)
      await expect(row(page, 'Stoc din gestiune')).toBeVisible()
    },
  )

  test(
    'a password goes in and never comes out, and a viewer sees all and changes nothing',
    { tag: '@thorough' },
    async ({ page, browser, stack }) => {
      await logIn(page, '/settings/sources?source=new')
      await page.getByLabel('Nume', { exact: true }).fill('Depozit')
      await page.getByRole('radio', { name: /De pe un server SFTP/ }).check()
      await page
        .getByLabel('Adresa fișierului')
        .fill(`sftp://127.0.0.1:${(erp.address() as AddressInfo).port}/stoc.csv`)
      await page.getByLabel('Utilizator').fill('magazin')
      await page.getByLabel('Parolă').fill('parola-depozitului')
      await looksWell(page)
      await caller.send('POST', '/api/v1/sources', {
        name: 'Depozit',
        kind: 'https',
        address: `${address}/stoc.csv`,
        account: 'main',
        login: { username: 'magazin', password: 'parola-depozitului' },
      })
      await page.goto('/settings/sources')
      await row(page, 'Depozit').getByRole('link').click()
      await page.getByRole('button', { name: 'Mai multe: Depozit' }).click()
      await page.getByText('Modifică', { exact: true }).click()
      await expect(page.getByText('Datele salvate rămân (utilizator: magazin)')).toBeVisible()
      expect(await page.content()).not.toContain('parola-depozitului')

      const viewer = { username: 'vizitator', password: 'parola-de-vizitator' }
      await caller.send('POST', '/api/v1/users', { ...viewer, role: 'viewer' })
      const context = await browser.newContext({ locale: 'ro-RO', baseURL: stack.address })
      const hers = await context.newPage()
      await logInByForm(hers, '/settings/sources', viewer)
      await expect(hers.getByRole('tab')).toHaveText(['Surse'])
      await row(hers, 'Stoc din gestiune').getByRole('link').click()
      await expect(hers.getByRole('heading', { level: 2, name: /Stoc din gestiune/ })).toBeVisible()
      await expect(hers.getByRole('button', { name: /Citește acum|Mai multe|Adaugă/ })).toHaveCount(0)
      await row(hers, 'oferte se schimbă').first().getByRole('link').click()
      await expect(hers.getByRole('dialog')).toContainText('Ce s-a înțeles din fișier')
      await expect(hers.getByRole('button', { name: /Aprobă/ })).toHaveCount(0)
      await context.close()
    },
  )
})
