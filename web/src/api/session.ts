/**
 * Between the client, which notices that the session has ended, and the page, which can ask for a new login:
 * calls wait here while the person logs in again, so that nothing typed and nothing sent is lost.
 */

type Renew = () => Promise<boolean>

let renew: Renew | null = null
let underWay: Promise<boolean> | null = null

/** Say how a session is renewed; null when nobody is logged in. Gives back how to undo it. */
export function onSessionEnd(handler: Renew): () => void {
  renew = handler
  return () => {
    if (renew === handler) renew = null
  }
}

/** Whether there is a session again. Calls that fail together wait for one login together. */
export function sessionRenewed(): Promise<boolean> {
  if (renew === null) return Promise.resolve(false)
  underWay ??= renew().finally(() => {
    underWay = null
  })
  return underWay
}
