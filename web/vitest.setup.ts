import i18next from 'i18next'
import { afterAll, vi } from 'vitest'

// The files share their modules, which spares loading them for each: nothing that one has set may reach the next.
afterAll(async () => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  if (i18next.isInitialized) await i18next.changeLanguage('en')
})
