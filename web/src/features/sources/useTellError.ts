import { App } from 'antd'
import { useTranslation } from 'react-i18next'

import { errorText } from '../../shared/index.ts'

/** Tells of a refusal beside the page, for actions that have no form. */
export function useTellError(): (error: Error) => void {
  const { t } = useTranslation()
  const { notification } = App.useApp()
  return (error) => {
    const { title, detail } = errorText(t, error)
    notification.error({ title, description: detail })
  }
}
