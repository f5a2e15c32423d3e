import type { Page } from '@playwright/test'

import { Caller } from './support/calls.ts'
import { cutOff } from './support/cut-off.ts'
import { expect, logIn, seriousFindings, test } from './support/fixtures.ts'

// Every page with something on it: a line to approve, a conflict, an account that eMAG refuses.
test.use({
  setup: {
    accounts: [
      { name: 'main', offers: 20 },
      { name: 'fbe', offers: 5, wrongPassword: true },
    ],
    limited: false,
    latencyMs: 1,
    env: { EMAG_MAIN_PUSH: 'approve', EMAGSYNC_EDITS__CONFLICT_STRATEGY: 'manual' },
  },
})

const WIDE = { width: 1280, height: 800 }
const PHONE = { width: 390, height: 844 }

// What axe finds on these is asked by the files that test what they do; `make thorough` asks here, too.
const ASKED_ELSEWHERE =
  /^\/(offers(\?offer=\d+)?|edits\/(outbox|conflicts|undo)|sync|history|settings\/(accounts|users|notifications)|account)?$/
const isAsked = (address: string) => process.env.E2E_THOROUGH !== undefined || !ASKED_ELSEWHERE.test(address)

interface Offer {
  id: number
  emag_id: number
}

let addresses: string[]
test.beforeAll(async ({ stack }) => {
  const caller = await Caller.logIn(stack)
  await caller.sync({ account: 'main' })
  const path = '/api/v1/emag/products/products'
  const answer = await caller.json<{ data: { products: Offer[] } }>('GET', `${path}?status=active&limit=2`)
  const [changed, contested] = answer.data.products as [Offer, Offer]
  await caller.send('PATCH', `${path}/${changed.id}`, { stock: 77 })
  await caller.send('PATCH', `${path}/${contested.id}`, { stock: 78 })
  const set = { stock: [{ warehouse_id: 1, value: 79 }] }
  await stack.sandbox.control('POST', '/offers/change', { account: 'main', ids: [contested.emag_id], set })
  const run = await caller.sync({ account: 'main' })
  const failed = await caller.sync({ account: 'fbe' })
  addresses = [
    '/',
    '/offers',
    `/offers?offer=${changed.id}`,
    `/offers?offer=${changed.id}&tab=changes`,
    ...['outbox', 'waiting', 'conflicts', 'bulk', 'undo'].map((section) => `/edits/${section}`),
    '/sync',
    '/history',
    '/history/sources',
    `/history/${run.sync_id}`,
    `/history/${failed.sync_id}`,
    ...[
      'accounts',
      'users',
      'tokens',
      'sources',
      'schedule',
      'notifications',
      'webhooks',
      'audit',
      'about',
    ].map((section) => `/settings/${section}`),
    '/account',
  ]
})

/** Keys of texts that stand where their texts should: a code of the server that has no words. */
function untranslated(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const found: string[] = []
    while (walker.nextNode()) {
      const { parentElement: parent, textContent: text } = walker.currentNode
      if (
        parent?.closest('code, pre, .payload') === null &&
        /^[a-z]\w*(\.[a-zA-Z]\w*){2,}$/.test(text?.trim() ?? '')
      )
        found.push(text ?? '')
    }
    return found
  })
}

/**
 * Goes to a page as the links do: to load everything anew for each takes several times as long. It goes by way of an
 * address without a page, so that what is looked at is not the page before.
 */
async function look(page: Page, address: string): Promise<void> {
  const nowhere = page.locator('main a[href="/"]')
  await go(page, '/nowhere')
  await expect(nowhere).toBeVisible()
  await go(page, address)
  await expect(nowhere).toBeHidden()
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(page.locator('[role=status][class=skeleton]')).toHaveCount(0)
}

function go(page: Page, address: string): Promise<void> {
  return page.evaluate((to) => {
    history.pushState(null, '', to)
    dispatchEvent(new PopStateEvent('popstate'))
  }, address)
}

for (const { language, locale, theme, axeAt, tag } of [
  { language: 'Romanian', locale: 'ro-RO', theme: 'light', axeAt: WIDE, tag: [] },
  { language: 'English', locale: 'en-GB', theme: 'dark', axeAt: PHONE, tag: ['@thorough'] },
] as const) {
  test.describe(`in ${language}`, { tag: [...tag] }, () => {
    test.use({ locale, colorScheme: theme, viewport: WIDE })
    test.setTimeout(480_000)

    test('no page cuts a text off, wide or on a phone, nor has anything serious', async ({
      page,
      faults,
    }) => {
      faults.allow(/status of 4/)
      await logIn(page, '/')
      for (const address of addresses) {
        await page.setViewportSize(WIDE)
        await look(page, address)
        expect.soft(await untranslated(page), address).toEqual([])
        for (const size of [WIDE, PHONE]) {
          await page.setViewportSize(size)
          expect.soft(await cutOff(page, size.width), `${address} at ${size.width}`).toEqual([])
          if (size === axeAt && isAsked(address))
            expect.soft(await seriousFindings(page), address).toEqual([])
        }
      }
    })
  })
}

test('the palette opens an offer by its code, and keys move through the list', async ({ page }) => {
  await logIn(page, '/offers')
  const code = (await page.locator('tbody tr').nth(1).locator('td').nth(3).textContent()) ?? ''
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await expect(page.locator('tbody tr').nth(1)).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog')).toContainText(code)
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
  await page.keyboard.press('Control+k')
  const palette = page.getByRole('combobox', { name: 'Căutare și comenzi' })
  await palette.fill(code)
  await expect(page.getByRole('option').first()).toContainText(code)
  await palette.press('Enter')
  await expect(page).toHaveURL(/offer=\d+/)
  await expect(page.getByRole('dialog')).toContainText(code)
})

test('a run that read nothing claims nothing about the copy, and says what to do', async ({
  page,
  faults,
}) => {
  faults.allow(/status of 4/)
  await logIn(page, '/history?status=failed')
  await page.locator('tbody a').first().click()
  await expect(
    page.getByRole('alert').filter({ hasText: 'eMAG refuză utilizatorul sau parola' }),
  ).toContainText('Nu s-a citit nicio ofertă')
  await expect(page.getByText('Nimic din copia locală nu s-a schimbat.')).toBeVisible()
  await expect(page.getByText('Nicio pagină nu a fost citită.')).toBeVisible()
  await expect(page.getByText('copia locală era deja ca pe eMAG')).toHaveCount(0)
  await expect(page.getByText('Toate paginile au fost citite repede')).toHaveCount(0)
})
