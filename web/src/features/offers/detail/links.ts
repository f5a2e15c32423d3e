const SHOPS: Readonly<Record<string, string>> = {
  'emag-ro': 'https://www.emag.ro',
  'emag-bg': 'https://www.emag.bg',
  'emag-hu': 'https://www.emag.hu',
}

/**
 * The product's page in the shop, which is found by its part number key alone, whatever stands before `/pd/`. Null for
 * a product without a page, and for shops whose addresses are made otherwise.
 */
export function shopAddress(
  platform: string | null | undefined,
  partNumberKey: string | null,
): string | null {
  const shop = platform ? SHOPS[platform] : undefined
  if (shop === undefined || partNumberKey === null || !/^[A-Za-z0-9]+$/.test(partNumberKey)) return null
  return `${shop}/-/pd/${partNumberKey}/`
}

/** An image's address, if it is one that the page may show. */
export function imageAddress(address: string | null): string | null {
  return address !== null && address.startsWith('https://') ? address : null
}
