import { useTranslation } from 'react-i18next'

import { usePlatforms } from './queries.ts'

/** Where sellers mend the documentation of their products. */
const PANELS: Readonly<Record<string, string>> = {
  'emag-ro': 'https://marketplace.emag.ro',
  'emag-bg': 'https://marketplace.emag.bg',
  'emag-hu': 'https://marketplace.emag.hu',
}

/** The way to eMAG's own pages for sellers, one for each country. */
export function OpenPanel() {
  const { t } = useTranslation('home')
  const addresses = (usePlatforms().data ?? []).flatMap((platform) => PANELS[platform ?? ''] ?? [])
  return addresses.map((address) => (
    <a key={address} href={address} target="_blank" rel="noreferrer">
      {addresses.length === 1 ? t('next.open') : t('next.openAt', { host: new URL(address).host })}
    </a>
  ))
}
