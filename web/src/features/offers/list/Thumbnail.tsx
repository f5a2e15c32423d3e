import { useState } from 'react'

import { imageAddress } from '../detail/links.ts'

/** A product's image; an empty frame of the same size where there is none or it cannot be loaded. */
export function Thumbnail({ address, size = 40 }: { address: string | null; size?: number }) {
  const [failed, setFailed] = useState<string | null>(null)
  const shown = imageAddress(address)
  if (shown === null || failed === shown) {
    return <span className="thumbnail" style={{ width: size, height: size }} aria-hidden />
  }
  return (
    <img
      className="thumbnail"
      src={shown}
      width={size}
      height={size}
      alt=""
      loading="lazy"
      decoding="async"
      referrerPolicy="no-referrer"
      onError={() => setFailed(shown)}
    />
  )
}
