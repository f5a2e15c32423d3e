import { InboxOutlined } from '@ant-design/icons'
import { Alert, Button } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { useErrorText } from './error-text.ts'

/** What went wrong, in the reader's language, with the next step and a way to try again. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation()
  const { title, detail } = useErrorText(error)
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={title}
      description={detail}
      action={onRetry ? <Button onClick={onRetry}>{t('retry')}</Button> : undefined}
    />
  )
}

/** Nothing to show, and what to do about it. */
export function EmptyState({
  title,
  detail,
  action,
}: {
  title: string
  detail?: ReactNode
  action?: ReactNode
}) {
  return (
    <div className="empty-state">
      <InboxOutlined aria-hidden className="empty-picture" />
      <p className="empty-title">{title}</p>
      {detail ? <p className="muted">{detail}</p> : null}
      {action}
    </div>
  )
}

/** The page is for a bigger role. */
export function NoPermission({ needed }: { needed: 'operator' | 'admin' }) {
  const { t } = useTranslation()
  return (
    <EmptyState
      title={t('noPermission.title')}
      detail={t('noPermission.detail', { role: t(`role.${needed}`) })}
    />
  )
}

/** Takes the place of a list that is on its way, with rows of its size: nothing jumps when it is there. */
export function LoadingState({ rows = 6 }: { rows?: number }) {
  const { t } = useTranslation()
  return (
    <div role="status" aria-label={t('loading')} className="skeleton">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row}>
          <span />
        </div>
      ))}
    </div>
  )
}
