import { ADMIN, expect, logInByForm, screenshot, seriousFindings, test } from './support/fixtures.ts'

const KILOBYTE = 1000
const FIRST_LOAD_KB = 350

test.use({ setup: { accounts: [{ name: 'main', offers: 120 }], limited: false } })

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

test('the page speaks the language of the browser, and the other one when asked', async ({
  browser,
  stack,
  page,
}) => {
  const english = await browser.newContext({ locale: 'en-US', baseURL: stack.address })
  const elsewhere = await english.newPage()
  await logInByForm(elsewhere)
  await expect(elsewhere.getByRole('heading', { level: 1, name: 'Sync' })).toBeVisible()
  await expect(elsewhere.locator('html')).toHaveAttribute('lang', 'en')
  await english.close()

  await logInByForm(page)
  await page.getByRole('button', { name: ADMIN.username }).click()
  await page.getByText('English', { exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Sync' })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('heading', { level: 1, name: 'Sync' })).toBeVisible()
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
