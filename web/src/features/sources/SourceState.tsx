import { useTranslation } from 'react-i18next'

import { Badge } from '../../shared/Badge.tsx'
import type { Source } from './queries.ts'
import { stateOf, STATE_TONES } from './readings/outcome.ts'

/** How a source is doing, in a word. */
export function SourceState({ source }: { source: Source }) {
  const { t } = useTranslation('sources')
  const state = stateOf(source)
  return <Badge tone={STATE_TONES[state]}>{t(`states.${state}`, { count: source.failures })}</Badge>
}
