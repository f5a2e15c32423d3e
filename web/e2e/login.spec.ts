import type { Page } from '@playwright/test'

import { codeOfApp, stepNow } from './support/authenticator.ts'
import { Caller } from './support/calls.ts'
import {
  ADMIN,
  expect,
  Faults,
  logInByForm,
  screenshot,
  seriousFindings,
  test,
  watch,
} from './support/fixtures.ts'
import { startNginx } from './support/proxy.ts'

const KILOBYTE = 1000
const FIRST_LOAD_KB = 350

test.use({
  setup: {
    accounts: [{ name: 'main', offers: 20 }],
    limited: false,
    latencyMs: 0,
    env: { EMAGSYNC_TRUSTED_PROXIES: '127.0.0.1' },
  },
})

test('a wrong password is refused in plain words, the right one opens Home', async ({ page, faults }) => {
  faults.allow(/401/)
  await page.goto('/')
  await expect(page.getByRole('heading', { name: 'Conectare' })).toBeVisible()
  expect(await seriousFindings(page)).toEqual([])
  await screenshot(page, 'login')
  await page.getByLabel('Utilizator').fill(ADMIN.username)
  await page.getByLabel('Parolă', { exact: true }).fill('nu-este-asta')
  await page.getByRole('button', { name: 'Conectare' }).click()
  await expect(page.getByRole('alert')).toContainText('Utilizator sau parolă greșită')
  await page.getByLabel('Parolă', { exact: true }).fill(ADMIN.password)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/$/)
  await expect(page.getByRole('heading', { level: 1, name: 'Acasă' })).toBeVisible()
})

test.describe('in a browser that speaks English', () => {
  test.use({ locale: 'en-US' })

  test('the page speaks the language of the browser, and the other one when asked', async ({ page }) => {
    await logInByForm(page)
    await expect(page.getByRole('heading', { level: 1, name: 'Sync' })).toBeVisible()
    await expect(page.locator('html')).toHaveAttribute('lang', 'en')
    await page.getByRole('button', { name: ADMIN.username }).click()
    await page.getByText('Română', { exact: true }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Sincronizare' })).toBeVisible()
    await page.reload()
    await expect(page.getByRole('heading', { level: 1, name: 'Sincronizare' })).toBeVisible()
  })
})

test(
  'a session that ends under way loses nothing that was typed',
  { tag: '@thorough' },
  async ({ page, faults }) => {
    faults.allow(/401/)
    await logInByForm(page)
    await page.getByRole('button', { name: 'Opțiuni…' }).click()
    await page.getByText('Selectivă', { exact: true }).click()
    await page.getByLabel('Coduri de produs').fill('NU-EXISTĂ-1')
    // As when the server ends it: the cookie names no session any more.
    await page.context().clearCookies()
    await page.getByRole('button', { name: 'Pornește sincronizarea' }).click()

    const dialog = page.getByRole('dialog', { name: 'Sesiunea s-a încheiat' })
    await expect(dialog).toBeVisible()
    expect(await seriousFindings(page)).toEqual([])
    await expect(page.getByLabel('Coduri de produs')).toHaveValue('NU-EXISTĂ-1')
    await dialog.getByLabel('Parolă', { exact: true }).fill(ADMIN.password)
    await dialog.getByRole('button', { name: 'Conectare', exact: true }).click()
    await expect(dialog).toBeHidden()
    // The call that was refused went through by itself.
    await expect(page.locator('[data-account=main] [data-status]')).toBeVisible()
  },
)

test('everybody can change the own password and log out', { tag: '@thorough' }, async ({ page, faults }) => {
  faults.allow(/40[13]/)
  const fresh = 'alta-parola-de-proba'
  await logInByForm(page)
  const change = async (old: string, next: string, repeated = next) => {
    await page.getByLabel('Parola actuală').fill(old)
    await page.getByLabel('Parola nouă', { exact: true }).fill(next)
    await page.getByLabel('Parola nouă, încă o dată').fill(repeated)
    await page.getByRole('dialog').getByRole('button', { name: 'Schimbă parola' }).click()
  }
  await page.getByRole('button', { name: ADMIN.username }).click()
  await page.getByRole('button', { name: 'Schimbă parola' }).click()
  expect(await seriousFindings(page)).toEqual([])
  await change('gresita-de-tot', fresh)
  await expect(page.getByRole('alert').filter({ hasText: 'Parola actuală este greșită' })).toBeVisible()
  await change(ADMIN.password, fresh, 'altceva-cu-totul')
  await expect(page.getByText('Parolele nu sunt la fel.')).toBeVisible()
  await change(ADMIN.password, fresh)
  await expect(page.getByText('Parola a fost schimbată.')).toBeVisible()

  await page.getByRole('button', { name: ADMIN.username }).click()
  await page.getByRole('button', { name: 'Deconectare' }).click()
  await expect(page.getByRole('heading', { name: 'Conectare' })).toBeVisible()
  await logInByForm(page, '/sync', { ...ADMIN, password: fresh })
  await page.getByRole('button', { name: ADMIN.username }).click()
  await page.getByRole('button', { name: 'Schimbă parola' }).click()
  await change(fresh, ADMIN.password)
  await expect(page.getByText('Parola a fost schimbată.')).toBeVisible()
})

test(
  'a viewer sees everything, and may start and set nothing',
  { tag: '@thorough' },
  async ({ page, stack }) => {
    const viewer = { username: 'vizitator', password: 'parola-de-vizitator' }
    await logInByForm(page)
    const made = await page.request.post('/api/v1/users', {
      headers: { origin: stack.address },
      data: { ...viewer, role: 'viewer' },
    })
    expect(made.status()).toBe(201)
    await page.getByRole('button', { name: ADMIN.username }).click()
    await page.getByRole('button', { name: 'Deconectare' }).click()
    await expect(page.getByRole('heading', { name: 'Conectare' })).toBeVisible()
    await logInByForm(page, '/sync', viewer)
    await expect(page.getByText('Rolul de vizitator nu permite pornirea')).toBeVisible()
    await expect(page.getByRole('button', { name: /Sincronizează/ })).toHaveCount(0)
    await page.goto('/edits/bulk')
    await expect(page.getByText('Nu aveți acces la această pagină')).toBeVisible()
    await page.goto('/settings/users')
    await expect(page.getByText('Nu aveți acces la această pagină')).toBeVisible()
    await page.getByRole('link', { name: 'Setări' }).click()
    await expect(page.getByRole('tab')).toHaveText(['Surse'])
    await expect(page.getByText('Un administrator poate adăuga fișierul')).toBeVisible()
    await expect(page.getByRole('button', { name: 'Adaugă o sursă' })).toHaveCount(0)
    expect(await seriousFindings(page)).toEqual([])
  },
)

test('the first load is small, comes from here alone, and assets are kept by the browser', async ({
  page,
}) => {
  const sizes = new Map<string, Promise<number>>()
  page.on('requestfinished', (request) => {
    if (request.resourceType() === 'script') {
      sizes.set(
        request.url(),
        request.sizes().then(({ responseBodySize }) => responseBodySize),
      )
    }
  })
  await logInByForm(page)
  await expect(page.locator('[data-account=main]')).toBeVisible()
  await page.waitForLoadState('load')
  const total = (await Promise.all(sizes.values())).reduce((sum, size) => sum + size, 0)
  test.info().annotations.push({ type: 'first load, kB as sent', description: `${total / KILOBYTE}` })
  expect(sizes.size).toBeGreaterThan(0)
  expect(total / KILOBYTE).toBeLessThan(FIRST_LOAD_KB)

  const [asset] = sizes.keys()
  const kept = await page.request.get(asset ?? '')
  expect(kept.headers()['cache-control']).toContain('immutable')
  const index = await page.request.get('/offers')
  expect(index.headers()['cache-control']).toBe('no-cache')
  expect(index.headers()['content-security-policy']).toContain("script-src 'self'")
  expect((await page.request.get('/assets/gone-1234.js')).status()).toBe(404)
})

async function fillLogin(page: Page, who: typeof ADMIN): Promise<void> {
  await page.getByLabel('Utilizator').fill(who.username)
  await page.getByLabel('Parolă', { exact: true }).fill(who.password)
  await page.getByRole('button', { name: 'Conectare' }).click()
}

test('a second step is set up, and asked for at the next login', async ({ page, browser, stack, faults }) => {
  faults.allow(/401|403/)
  const who = { username: 'ioana', password: 'parola-ioanei-1' }
  await (await Caller.logIn(stack)).send('POST', '/api/v1/users', { ...who, role: 'operator' })
  await logInByForm(page, '/sync', who)
  await page.getByRole('button', { name: who.username }).click()
  await page.getByRole('button', { name: 'Contul meu' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Contul meu' })).toBeVisible()
  await page.getByRole('button', { name: 'Configurează…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Parola actuală').fill(who.password)
  await dialog.getByRole('button', { name: 'Continuă' }).click()
  const picture = dialog.getByRole('img', { name: 'Cod QR pentru aplicație' })
  await expect(picture).toBeVisible()
  expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(100)
  expect(await seriousFindings(page)).toEqual([])
  const key = (await dialog.locator('.factor-secret').textContent()) ?? ''
  await dialog.getByLabel('Cod', { exact: true }).fill('000000')
  await dialog.getByRole('button', { name: 'Activează' }).click()
  await expect(dialog.getByRole('alert')).toContainText('Codul este greșit')
  const used = stepNow()
  await dialog.getByLabel('Cod', { exact: true }).fill(codeOfApp(key, used))
  await dialog.getByRole('button', { name: 'Activează' }).click()
  const codes = dialog.getByRole('list', { name: 'Coduri de recuperare' }).getByRole('listitem')
  await expect(codes).toHaveCount(10)
  await dialog.getByRole('button', { name: 'Le-am păstrat' }).click()
  await expect(page.getByText('Au rămas 10 coduri de recuperare.')).toBeVisible()
  await screenshot(page, 'account')

  const elsewhere = await browser.newContext({ locale: 'ro-RO', baseURL: stack.address })
  const other = await elsewhere.newPage()
  await other.goto('/account')
  await fillLogin(other, who)
  await other.getByLabel('Cod', { exact: true }).fill(codeOfApp(key, used + 1))
  await other.getByRole('button', { name: 'Conectare' }).click()
  await expect(other.getByRole('heading', { level: 1, name: 'Contul meu' })).toBeVisible()
  await elsewhere.close()
})

test(
  'a recovery code serves in the place of the second step, and a login elsewhere is ended',
  { tag: '@thorough' },
  async ({ page, browser, stack, faults }) => {
    faults.allow(/401|403/)
    const who = { username: 'elena', password: 'parola-elenei-1' }
    await (await Caller.logIn(stack)).send('POST', '/api/v1/users', { ...who, role: 'operator' })
    const hers = await Caller.logIn(stack, who)
    const factor = '/api/v1/auth/second-factor'
    const { secret } = await hers.json<{ secret: string }>('POST', factor, { password: who.password })
    const code = codeOfApp(secret, stepNow())
    const { recovery_codes } = await hers.json<{ recovery_codes: string[] }>('POST', `${factor}/confirm`, {
      code,
    })
    await hers.send('POST', '/api/v1/auth/logout')
    const logInAgain = async (one: Page) => {
      await fillLogin(one, who)
      await one.getByLabel('Cod', { exact: true }).fill(recovery_codes.pop() ?? '')
      await one.getByRole('button', { name: 'Conectare' }).click()
      await expect(one.getByText(`Au rămas ${recovery_codes.length} coduri de recuperare.`)).toBeVisible()
    }
    await page.goto('/account')
    await logInAgain(page)
    const elsewhere = await browser.newContext({ locale: 'ro-RO', baseURL: stack.address })
    const other = await elsewhere.newPage()
    await other.goto('/account')
    await logInAgain(other)

    // The other browser is seen here and logged out; its next look needs a new login.
    await page.reload()
    await expect(page.getByRole('row')).toHaveCount(3)
    await page.getByRole('button', { name: /^Încheie: / }).click()
    await expect(page.getByRole('row')).toHaveCount(2)
    await other.reload()
    await logInAgain(other)
    expect(await seriousFindings(other)).toEqual([])
    await elsewhere.close()

    const dialog = page.getByRole('dialog')
    await page.getByRole('button', { name: 'Dezactivează…' }).click()
    await dialog.getByLabel('Parola actuală').fill(who.password)
    await dialog.getByLabel('Cod', { exact: true }).fill('nu-este-asta')
    await dialog.getByRole('button', { name: 'Dezactivează…' }).click()
    await expect(dialog.getByRole('alert')).toContainText('Codul este greșit')
  },
)

test.describe('the page of the API', () => {
  // Its document is made when it is first asked for, by seconds of a processor: not while a page is watched.
  test.beforeAll(async ({ stack }) => {
    const caller = await Caller.logIn(stack)
    await caller.send('GET', '/openapi.json')
  })

  async function tryRoute(page: Page): Promise<void> {
    await page.locator('.opblock-tag[data-tag="about"]').click()
    await page.locator('.opblock', { hasText: '/api/v1/about' }).first().click()
    await page.getByRole('button', { name: 'Execute' }).click()
    await expect(page.locator('.live-responses-table .response .response-col_status')).toContainText('200')
  }

  for (const [below, what, tag] of [
    ['/emag', 'takes off', []],
    ['/kept', 'leaves', ['@thorough']],
  ] as const) {
    test(`the page works below a path that nginx ${what}`, { tag: [...tag] }, async ({ browser, stack }) => {
      const nginx = await startNginx(stack.address)
      const faults = new Faults()
      const context = await browser.newContext({ baseURL: nginx.origin, locale: 'ro-RO' })
      const page = await context.newPage()
      await watch(page, nginx.origin, faults)
      try {
        // A deep address, which leads to the login; then to where one wanted to go.
        await logInByForm(page, `${below}/docs`)
        await expect(page).toHaveURL(`${nginx.origin}${below}/docs`)
        await tryRoute(page)

        await page.getByRole('link', { name: 'Sincronizare', exact: true }).click()
        await expect(page).toHaveURL(`${nginx.origin}${below}/sync`)
        const events = page.waitForResponse((answer) => answer.url().endsWith('/api/v1/events'))
        await page.reload()
        expect((await events).url()).toBe(`${nginx.origin}${below}/api/v1/events`)

        await page.getByRole('link', { name: 'Oferte', exact: true }).click()
        await page.reload()
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        expect(faults.unexpected).toEqual([])
      } finally {
        await context.close()
        nginx.stop()
      }
    })
  }

  test('a route is tried on the page of the API', { tag: '@thorough' }, async ({ page }) => {
    await logInByForm(page, '/docs')
    await tryRoute(page)
  })
})
