import { useTranslation } from 'react-i18next'

import type { Schemas } from '../../api/client.ts'
import { useFieldWords } from './useFieldWords.ts'
import { quotesEmag, shownValues } from './reasons.ts'

export type Reason = Schemas['ReasonView']

interface Props {
  /** The reason with its code, if it has one. */
  why: Reason | null | undefined
  /** As the server tells it: eMAG's own words where there is no code. */
  text: string | null | undefined
  /** Whose values the reason names. */
  field?: string
}

/** Why something did not go as asked, in the reader's language; eMAG's own words stay eMAG's. */
export function Why({ why, text, field }: Props) {
  const { t, i18n } = useTranslation('edits')
  const words = useFieldWords()
  if (!text) return null
  if (!why) return t('reasons.emag', { message: text })
  const values = shownValues(why, (value) => words.value(field ?? '', value))
  const cause = `causes.${why.values['cause'] ?? ''}`
  const said = t(`reasons.${why.code}`, {
    ...values,
    cause: t(i18n.exists(cause, { ns: 'edits' }) ? cause : 'causes.other'),
  })
  const message = why.values['message']
  const advice = `advice.${why.values['advice'] ?? ''}`
  if (i18n.exists(advice, { ns: 'edits' })) {
    return (
      <>
        {said}
        <span className="advice">{t(advice)}</span>
      </>
    )
  }
  if (message === undefined || quotesEmag(why)) return said
  return (
    <>
      {said}
      <details>
        <summary>{t('reasons.technical')}</summary>
        {message}
      </details>
    </>
  )
}
