import { useTranslation } from 'react-i18next'

import type { Message } from './queries.ts'

/** Why a message did not arrive, in a sentence that says what to do. */
export function useFailure(): (message: Pick<Message, 'error' | 'answer'>) => string {
  const { t } = useTranslation('notifications')
  return ({ error, answer }) =>
    t([`failures.${error ?? 'other'}`, 'failures.other'], { answer: answer === null ? '-' : String(answer) })
}
