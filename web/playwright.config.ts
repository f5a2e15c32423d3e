import { existsSync } from 'node:fs'

import { defineConfig } from '@playwright/test'

// Debian's Chromium, or another one by CHROMIUM; nothing is downloaded. The one without a screen takes a fifth less.
const executablePath =
  process.env.CHROMIUM ??
  ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((path) => existsSync(path))

export default defineConfig({
  testDir: 'e2e',
  // What repeats and varies the others is left to `make thorough`.
  grepInvert: process.env.E2E_THOROUGH === undefined ? /@thorough/ : undefined,
  // Two runs at the same time, each with a folder of its own, do not disturb each other.
  outputDir: process.env.E2E_RESULTS ?? 'test-results',
  // A file at a time, each with a server and a sandbox of its own: half of the time is waiting.
  fullyParallel: false,
  workers: Number(process.env.E2E_WORKERS ?? 2),
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 20_000 },
  forbidOnly: process.env.CI !== undefined,
  reporter: [['list']],
  use: {
    locale: 'ro-RO',
    timezoneId: 'Europe/Bucharest',
    viewport: { width: 1360, height: 900 },
    // What moves while it is clicked may be missed: a menu that opens has still been somewhere else.
    contextOptions: { reducedMotion: 'reduce' },
    // To record every step costs a fifth of the time; a failure has a picture and the text of its end. E2E_TRACE=1: all.
    trace: process.env.E2E_TRACE === undefined ? 'off' : 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        // No page lives long enough to be worth optimised code: a tenth less time in all. What is measured has it.
        ...(process.env.E2E_OFFERS === undefined ? ['--js-flags=--no-opt --single-threaded'] : []),
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--font-render-hinting=none',
      ],
    },
  },
})
