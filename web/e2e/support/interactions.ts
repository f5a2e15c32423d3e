import type { Page } from '@playwright/test'

type Interaction = PerformanceEventTiming & { interactionId?: number }

/** Has the page record how long each interaction takes until its next paint. Before the page is opened. */
export async function recordInteractions(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const longest = new Map<number, number>()
    Object.assign(window, { interactions: longest })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as Interaction[]) {
        if (!entry.interactionId) continue
        longest.set(entry.interactionId, Math.max(longest.get(entry.interactionId) ?? 0, entry.duration))
      }
    }).observe({ type: 'event', buffered: true, durationThreshold: 16 } as PerformanceObserverInit)
  })
}

/** The longest interaction in milliseconds since this was asked last; 0 when all were quicker than 16. */
export async function longestInteraction(page: Page): Promise<number> {
  // What happened in the last frame is told in the next ones.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
  return page.evaluate(() => {
    const { interactions } = window as unknown as { interactions: Map<number, number> }
    const longest = Math.max(0, ...interactions.values())
    interactions.clear()
    return longest
  })
}
