import { Alert } from 'antd'
import type { ReactNode } from 'react'

import { useErrorWords } from '../useErrorWords.ts'

/** What the server refused, in the reader's words; nothing while there is no error. */
export function Refusal({ error, action }: { error: Error | null; action?: ReactNode }) {
  const words = useErrorWords()
  if (error === null) return null
  const { title, detail } = words(error)
  return (
    <Alert
      className="form-alert"
      type="error"
      showIcon
      role="alert"
      title={title}
      description={detail}
      action={action}
    />
  )
}
