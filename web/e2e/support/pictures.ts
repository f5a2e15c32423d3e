import type { Page } from '@playwright/test'

/** What product images, which are on other servers, are answered with; null: they are not found. */
export type Picture = { type: string; body: Buffer } | null

export const PIXEL: Picture = {
  type: 'image/png',
  body: Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M/wHwAEBgIApD5fRAAAAABJRU5ErkJggg==',
    'base64',
  ),
}

const BOX: Picture = {
  type: 'image/svg+xml',
  body: Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">
<rect width="40" height="40" fill="#eef1f6"/>
<path d="M8 15 20 9l12 6v12l-12 6-12-6z" fill="#c9d3e3"/><path d="M8 15l12 6 12-6M20 21v12" fill="none" stroke="#8c9bb5"/>
</svg>`),
}

const chosen = new WeakMap<Page, Picture>()

/**
 * Answers the page's images from elsewhere with this one from now on; nothing else that is elsewhere answers.
 *
 * By the browser's own protocol, and only for https, which our server is not: `page.route` would have every request
 * make a detour, and switches the browser's cache off, so that each page would load everything anew.
 */
export async function answerImages(page: Page, picture: Picture): Promise<void> {
  const isAnswered = chosen.has(page)
  chosen.set(page, picture)
  if (isAnswered) return
  const session = await page.context().newCDPSession(page)
  session.on('Fetch.requestPaused', ({ requestId, resourceType }) => {
    const answer = chosen.get(page) ?? null
    const sent =
      resourceType !== 'Image'
        ? session.send('Fetch.failRequest', { requestId, errorReason: 'BlockedByClient' })
        : session.send('Fetch.fulfillRequest', {
            requestId,
            responseCode: answer === null ? 404 : 200,
            responseHeaders: [{ name: 'Content-Type', value: answer?.type ?? 'text/plain' }],
            body: answer?.body.toString('base64') ?? '',
          })
    // A page that is closed meanwhile needs no answer.
    sent.catch(() => undefined)
  })
  await session.send('Fetch.enable', { patterns: [{ urlPattern: 'https://*' }] })
}

/** Answers product images with a picture of a box. */
export function showPictures(page: Page): Promise<void> {
  return answerImages(page, BOX)
}
