import { createHmac } from 'node:crypto'

import type { Page } from '@playwright/test'

import { ADMIN, expect, logInByForm, screenshot, seriousFindings, test } from './support/fixtures.ts'

test.use({ setup: { accounts: [{ name: 'main', offers: 20 }], limited: false } })

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const STEP_SECONDS = 30

/** What an authenticator app shows (RFC 6238), made here from the key that the page gives. */
function codeOfApp(key: string, step: number): string {
  let bits = ''
  for (const letter of key) bits += ALPHABET.indexOf(letter).toString(2).padStart(5, '0')
  const secret = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const digest = createHmac('sha1', secret).update(counter).digest()
  const offset = (digest.at(-1) ?? 0) & 15
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

const stepNow = () => Math.floor(Date.now() / 1000 / STEP_SECONDS)

async function fillLogin(page: Page): Promise<void> {
  await page.getByLabel('Utilizator').fill(ADMIN.username)
  await page.getByLabel('Parolă', { exact: true }).fill(ADMIN.password)
  await page.getByRole('button', { name: 'Conectare' }).click()
}

test('a second step is set up, asked for at the next login, and a recovery code serves in its place', async ({
  page,
  browser,
  stack,
  faults,
}) => {
  faults.allow(/401|403/)
  await logInByForm(page)
  await page.getByRole('button', { name: ADMIN.username }).click()
  await page.getByRole('button', { name: 'Contul meu' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Contul meu' })).toBeVisible()
  await page.getByRole('button', { name: 'Configurează…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Parola actuală').fill(ADMIN.password)
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
  const recovery = (await codes.first().textContent()) ?? ''
  await dialog.getByRole('button', { name: 'Le-am păstrat' }).click()
  await expect(page.getByText('Au rămas 10 coduri de recuperare.')).toBeVisible()
  await screenshot(page, 'account')

  const elsewhere = await browser.newContext({ locale: 'ro-RO', baseURL: stack.address })
  const other = await elsewhere.newPage()
  await other.goto('/account')
  await fillLogin(other)
  await other.getByLabel('Cod', { exact: true }).fill(codeOfApp(key, used + 1))
  await other.getByRole('button', { name: 'Conectare' }).click()
  await expect(other.getByRole('heading', { level: 1, name: 'Contul meu' })).toBeVisible()

  // The other browser is seen here and logged out; its next look needs a new login, with a recovery code.
  await page.reload()
  await expect(page.getByRole('row')).toHaveCount(3)
  await page.getByRole('button', { name: /^Încheie: / }).click()
  await expect(page.getByRole('row')).toHaveCount(2)
  await other.reload()
  await fillLogin(other)
  await other.getByLabel('Cod', { exact: true }).fill(recovery)
  await other.getByRole('button', { name: 'Conectare' }).click()
  await expect(other.getByText('Au rămas 9 coduri de recuperare.')).toBeVisible()
  expect(await seriousFindings(other)).toEqual([])
  await elsewhere.close()

  await page.getByRole('button', { name: 'Dezactivează…' }).click()
  await dialog.getByLabel('Parola actuală').fill(ADMIN.password)
  await dialog.getByLabel('Cod', { exact: true }).fill('nu-este-asta')
  await dialog.getByRole('button', { name: 'Dezactivează…' }).click()
  await expect(dialog.getByRole('alert')).toContainText('Codul este greșit')
})
