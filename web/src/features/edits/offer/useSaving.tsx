import { App } from 'antd'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { ConfirmDialog } from './ConfirmDialog.tsx'
import { useEditOffer, useReload } from '../queries.ts'
import { refusalOf, type Refusal } from './refusals.ts'
import type { Values } from './form.ts'

interface Seen {
  readonly id: number
  readonly version: string
}

interface Saving {
  save: (values: Values) => void
  isSaving: boolean
  refusal: Refusal | null
  /** Takes back what a refusal says, when the person types on. */
  forget: () => void
  /** Reads the offer again after somebody else was faster. */
  reload: () => void
  /** The question whether it is meant; nothing while there is none. */
  question: ReactNode
}

/** Saves an edit of an offer as the person saw it; asks whether it is meant where it looks like a slip. */
export function useSaving(offer: Seen, onSaved: () => void, summary?: (values: Values) => string): Saving {
  const { t } = useTranslation('edits')
  const { message } = App.useApp()
  const edit = useEditOffer()
  const reload = useReload()
  const [asked, setAsked] = useState<Values | null>(null)
  const send = (values: Values): void => {
    setAsked(values)
    edit.mutate(
      { ...offer, values },
      {
        onSuccess: (answer) => {
          void message.success(t(answer.data.changes.length === 0 ? 'unchanged' : 'saved'))
          onSaved()
        },
      },
    )
  }
  const refusal = edit.error === null ? null : refusalOf(edit.error)
  const isAsking = asked !== null && (refusal?.kind === 'doubtful' || (asked.confirm && edit.isPending))
  return {
    save: send,
    isSaving: edit.isPending,
    refusal,
    forget: edit.reset,
    reload: () => {
      edit.reset()
      void reload()
    },
    question: isAsking ? (
      <ConfirmDialog
        doubts={refusal?.kind === 'doubtful' ? refusal.doubts : []}
        {...(summary === undefined ? {} : { summary: summary(asked) })}
        busy={edit.isPending}
        onYes={() => send({ ...asked, confirm: true })}
        onNo={edit.reset}
      />
    ) : null,
  }
}
