// A proxy may serve the page and the API below a path of its own, such as `/emag`. The server writes it into the page.
const given = typeof document === 'undefined' ? undefined : document.documentElement.dataset.root

/** What stands before every path of the server: `/emag`, or an empty text. */
export const ROOT = given?.startsWith('/') ? given.replace(/\/+$/, '') : ''

/** The address at which this server's page and API are found, without a slash at its end. */
export const ADDRESS = typeof window === 'undefined' ? '' : window.location.origin + ROOT

/** The path of a page's or a call's address as the server knows it. */
export function pathOf(address: string): string {
  const path = new URL(address).pathname
  return path.startsWith(`${ROOT}/`) ? path.slice(ROOT.length) : path
}
