import { expect, test as base, type Cookie, type Page } from '@playwright/test'
import axe from 'axe-core'

import { answerImages, PIXEL } from './pictures.ts'
import { ADMIN, startStack, type AccountSetup, type Stack } from './processes.ts'

export { ADMIN, expect }
export type { AccountSetup, Stack }

export interface Setup {
  accounts: readonly AccountSetup[]
  /** How long the simulated marketplace takes for an answer. */
  latencyMs?: number
  /** Whether eMAG's request limit holds; true unless a test is about something else. */
  limited?: boolean
  fromNothing?: boolean
  env?: Record<string, string>
}

interface WorkerFixtures {
  setup: Setup
  stack: Stack
}

interface TestFixtures {
  /** What no page may do, as it happened: errors on the console, exceptions, CSP violations, calls elsewhere. */
  faults: Faults
}

export class Faults {
  readonly seen: string[] = []
  private readonly allowed: RegExp[] = []

  /** Faults that a test provokes on purpose. */
  allow(pattern: RegExp): void {
    this.allowed.push(pattern)
  }

  add(fault: string): void {
    this.seen.push(fault)
  }

  get unexpected(): string[] {
    return this.seen.filter((fault) => !this.allowed.some((pattern) => pattern.test(fault)))
  }
}

/** Records what this page does wrong, before it is opened. Product images, which are elsewhere, are answered by us. */
export async function watch(page: Page, address: string, faults: Faults): Promise<void> {
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`CSP violation: ${event.violatedDirective} ${event.blockedURI}`)
    })
  })
  page.on('console', (message) => {
    if (message.type() === 'error') faults.add(`console: ${message.text()} (${message.location().url})`)
  })
  page.on('pageerror', (error) => faults.add(`exception: ${error.message}`))
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.origin === address || !url.protocol.startsWith('http') || request.resourceType() === 'image')
      return
    faults.add(`call elsewhere: ${request.url()}`)
  })
  await answerImages(page, PIXEL)
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  setup: [{ accounts: [{ name: 'main', offers: 300 }] }, { option: true, scope: 'worker' }],
  stack: [
    async ({ setup }, use) => {
      const { accounts, ...options } = setup
      const stack = await startStack(accounts, options)
      await use(stack)
      await stack.stop()
    },
    { scope: 'worker', timeout: 90_000 },
  ],
  baseURL: async ({ stack }, use) => use(stack.address),
  faults: [
    async ({ page, stack }, use) => {
      const faults = new Faults()
      await watch(page, stack.address, faults)
      await use(faults)
      expect(faults.unexpected).toEqual([])
    },
    { auto: true },
  ],
})

/** The session of the server that this worker has: to make one is meant to be slow. */
let session: Cookie[] = []

/**
 * Opens the page as somebody who is logged in already: the session is made by a call, which spares loading the login
 * page in every test. For tests that do not log out; the form is `logInByForm`'s.
 */
export async function logIn(page: Page, path = '/sync'): Promise<void> {
  // The context's base address is that of the stack; a call says where it comes from, as the page's own do.
  await page.context().addInitScript((name) => {
    // Not in the empty documents that axe opens.
    if (location.protocol === 'http:') localStorage.setItem('emagsync.session', name)
  }, ADMIN.username)
  await page.context().addCookies(session)
  const me = await page.request.get('/api/v1/auth/me')
  if (!me.ok()) {
    const answer = await page.request.post('/api/v1/auth/session', {
      headers: { origin: new URL(me.url()).origin },
      data: ADMIN,
    })
    expect(answer.ok()).toBe(true)
    session = await page.context().cookies()
  }
  await page.goto(path)
  await untilOpen(page)
}

/** Waits for a page behind the login, which has a heading too; some pages have a navigation of their own. */
async function untilOpen(page: Page): Promise<void> {
  await expect(page.getByRole('navigation', { name: /^(Pagini|Pages)$/ })).toBeVisible()
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
}

/** Logs in by the form and waits for the page behind it. */
export async function logInByForm(page: Page, path = '/sync', who = ADMIN): Promise<void> {
  await page.goto(path)
  await page.locator('input[autocomplete=username]').fill(who.username)
  await page.locator('input[type=password]').fill(who.password)
  await page.locator('button[type=submit]').click()
  await untilOpen(page)
}

// The rows that follow are like these ten; with all of fifty, axe takes seconds. `make thorough` asks about all.
const LIKE_THE_FIRST = ['tbody > tr:nth-child(n+11)', '.offer-cards > li:nth-child(n+11)']

interface WithAxe {
  axe: typeof axe
}

/** axe's findings that are serious or worse. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // A document that was asked about before has axe already, and has compiled what of it is used.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  const exclude = process.env.E2E_THOROUGH === undefined ? LIKE_THE_FIRST : []
  const { violations } = await page.evaluate(
    // What passes is not told. No rule that is asked needs every style sheet once more, which it would load before.
    (context) =>
      (window as unknown as WithAxe).axe.run(context, { resultTypes: ['violations'], preload: false }),
    { include: ['html'], exclude },
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.failureSummary ?? ''}`),
    )
}

/** Saves what the README shows, if `make screenshots` wants it. Only in the light, wide, Romanian default. */
export async function screenshot(page: Page, name: string): Promise<void> {
  if (process.env.E2E_SCREENSHOTS === undefined) return
  await page.evaluate(() => document.fonts.ready)
  await page.screenshot({ path: `../docs/screenshots/${name}.png`, animations: 'disabled' })
}
