import { App } from 'antd'

import { useErrorWords } from './useErrorWords.ts'

/** Tells of a refusal beside the page, for actions that have no form. */
export function useTellError(): (error: Error) => void {
  const words = useErrorWords()
  const { notification } = App.useApp()
  return (error) => {
    const { title, detail } = words(error)
    notification.error({ title, description: detail })
  }
}
