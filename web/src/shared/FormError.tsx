import { Alert } from 'antd'

import { useErrorText } from './error-text.ts'

/** What a form's call was refused for; nothing while there is no error. */
export function FormError({ error }: { error: Error | null }) {
  const { title, detail } = useErrorText(error)
  if (error === null) return null
  return (
    <Alert className="form-alert" type="error" showIcon role="alert" title={title} description={detail} />
  )
}
