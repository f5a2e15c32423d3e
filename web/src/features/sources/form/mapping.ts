import { useTranslation } from 'react-i18next'

import type { Look } from '../queries.ts'
import { mappingFaults, mappingOf, type Draft, type MappingFault } from './draft.ts'

/** Faults of a mapping in the reader's words. */
export function useMappingWords(): { fault: (fault: MappingFault) => string } {
  const { t } = useTranslation('sources')
  return {
    fault: (fault) =>
      fault.code === 'twice'
        ? t('faults.twice', { field: t(`fields.${fault.field}`), headings: fault.headings })
        : t(`faults.${fault.code}`),
  }
}

/** Rejects with what keeps a file from being read by the draft's columns. */
export async function checkMapping(
  look: Look,
  draft: Draft,
  word: (fault: MappingFault) => string,
): Promise<void> {
  const faults = mappingFaults(mappingOf(look, draft))
  if (faults.length > 0) throw new Error(faults.map(word).join(' '))
}
