/**
 * Whether somebody is at the page. The server ends a session in which nobody does anything; what the page looks up of
 * itself must not keep it alive.
 */

const ATTENDED_MS = 60_000
const SIGNS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const

/** The header of calls that no person caused. */
export const BACKGROUND = 'X-Emagsync-Background'

let last = Date.now()

function note(): void {
  last = Date.now()
}

for (const sign of SIGNS) window.addEventListener(sign, note, { capture: true, passive: true })

/** Whether somebody touched the page within the last minute. */
export function isAttended(now: number = Date.now()): boolean {
  return now - last < ATTENDED_MS
}
