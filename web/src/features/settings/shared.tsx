import { Alert, App, Button, Input, Modal, Space } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { EmptyState, ErrorState, errorText, LoadingState, useErrorText } from '../../shared/index.ts'

interface SectionProps<T> {
  found: { data: T | undefined; error: Error | null; refetch: () => unknown }
  children: (data: T) => ReactNode
}

/** A section's content once it is there; until then its place, or what went wrong. */
export function Loaded<T>({ found, children }: SectionProps<T>) {
  if (found.data !== undefined) return children(found.data)
  if (found.error) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  return <LoadingState />
}

export function Nothing({ of }: { of: 'accounts' | 'tokens' | 'webhooks' }) {
  const { t } = useTranslation('settings')
  return <EmptyState title={t(`${of}.noneTitle`)} detail={t(`${of}.noneText`)} />
}

/** What a form's call was refused for; nothing while there is no error. */
export function FormError({ error }: { error: Error | null }) {
  const { title, detail } = useErrorText(error)
  if (error === null) return null
  return (
    <Alert className="form-error" type="error" showIcon role="alert" title={title} description={detail} />
  )
}

/** Tells of a refusal beside the page, for actions that have no form. */
export function useTellError(): (error: Error) => void {
  const { t } = useTranslation()
  const { notification } = App.useApp()
  return (error) => {
    const { title, detail } = errorText(t, error)
    notification.error({ title, description: detail })
  }
}

/** A secret that is shown this once. */
export function SecretDialog({
  title,
  secret,
  onClose,
}: {
  title: string
  secret: string
  onClose: () => void
}) {
  const { t } = useTranslation('settings')
  const { message } = App.useApp()
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(secret)
    void message.success(t('copied'))
  }
  return (
    <Modal
      open
      title={title}
      onCancel={onClose}
      maskClosable={false}
      footer={
        <Button type="primary" onClick={onClose}>
          {t('understood')}
        </Button>
      }
    >
      <p>{t('shownOnce')}</p>
      <Space.Compact block>
        <Input readOnly value={secret} aria-label={title} onFocus={(event) => event.target.select()} />
        {'clipboard' in navigator ? <Button onClick={() => void copy()}>{t('copy')}</Button> : null}
      </Space.Compact>
    </Modal>
  )
}
