import { useTranslation } from 'react-i18next'

import type { Reading, Look } from '../queries.ts'

type Found = Pick<Look, 'format' | 'encoding' | 'separator' | 'row_path' | 'sheet'> &
  Partial<Pick<NonNullable<Reading['file']>, 'decimal'>>

/** What a file is, in a sentence. */
export function FoundFormat({ look }: { look: Found }) {
  const { t } = useTranslation('sources')
  const parts = [
    look.format === null ? null : t(`formats.${look.format}`),
    look.separator == null
      ? null
      : t('found.separator', { separator: t(`separators.${nameOf(look.separator)}`) }),
    look.encoding == null ? null : t('found.encoding', { encoding: look.encoding.toUpperCase() }),
    look.sheet == null ? null : t('found.sheet', { sheet: look.sheet }),
    look.row_path == null ? null : t('found.rowPath', { path: look.row_path }),
    look.decimal == null ? null : t(`found.decimals.${look.decimal}`),
  ]
  return <p className="muted address">{parts.filter((part) => part !== null).join(' · ')}</p>
}

const NAMES: Readonly<Record<string, string>> = { ';': 'semicolon', ',': 'comma', '\t': 'tab', '|': 'bar' }

/** What a separator is called among the texts. */
export function nameOf(separator: string): string {
  return NAMES[separator] ?? 'other'
}
