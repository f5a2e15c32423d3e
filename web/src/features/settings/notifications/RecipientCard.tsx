import { App, Button, Card, Flex, Space } from 'antd'
import { useTranslation } from 'react-i18next'

import { api, dataOf } from '../../../api/client.ts'
import { Badge } from '../../../shared/Badge.tsx'
import { formatDate, formatNumber } from '../../../shared/index.ts'
import { useChange } from '../queries.ts'
import { useTellError } from '../shared.tsx'
import { NOTIFICATIONS, type Message, type Recipient, type Rule } from './queries.ts'
import { useFailure } from './useFailure.ts'

interface Props {
  recipient: Recipient
  onEdit: () => void
  onWatch: () => void
}

/** One recipient: where, of what, and what can be done. */
export function RecipientCard({ recipient, onEdit, onWatch }: Props) {
  const { t } = useTranslation('notifications')
  const wordsOf = useRuleWords(recipient)
  return (
    <Card
      size="small"
      title={
        <Space wrap>
          {recipient.name}
          <State recipient={recipient} />
        </Space>
      }
    >
      <p className="address">
        {t(`services.${recipient.service}`)}: {recipient.address}
      </p>
      {recipient.rules.length === 0 ? (
        <p className="muted">{t('noRules')}</p>
      ) : (
        <ul>
          {recipient.rules.map((rule) => (
            <li key={JSON.stringify(rule)}>{wordsOf(rule)}</li>
          ))}
        </ul>
      )}
      <Actions recipient={recipient} onEdit={onEdit} onWatch={onWatch} />
    </Card>
  )
}

function State({ recipient }: { recipient: Recipient }) {
  const { t } = useTranslation('notifications')
  if (recipient.off_reason === 'gone') return <Badge tone="bad">{t('gone')}</Badge>
  if (!recipient.enabled) return <Badge tone="plain">{t('off')}</Badge>
  if (recipient.paused_until !== null && new Date(recipient.paused_until) > new Date()) {
    return <Badge tone="busy">{t('paused', { time: formatDate(recipient.paused_until) })}</Badge>
  }
  return null
}

/** A rule in a line: what, of which account, when. */
function useRuleWords(recipient: Recipient): (rule: Rule) => string {
  const { t } = useTranslation('notifications')
  return (rule) => {
    const threshold = rule.threshold == null ? undefined : formatNumber(rule.threshold)
    const what = t(rule.threshold == null ? `kinds.${rule.kind}` : `kindsWith.${rule.kind}`, { threshold })
    const hour = `${String(recipient.daily_hour).padStart(2, '0')}:00`
    const when = rule.timing === 'daily' ? t('dailyAt', { hour }) : t('timings.instant')
    return [what, rule.account, when].filter((part) => part != null && part !== '').join(' · ')
  }
}

function Actions({ recipient, onEdit, onWatch }: Props) {
  const { t } = useTranslation('notifications')
  const { modal, message } = App.useApp()
  const tellError = useTellError()
  const tellResult = useTellResult()
  const path = { params: { path: { recipient_id: recipient.id } } }
  const test = useChange(NOTIFICATIONS, () =>
    dataOf(api.POST('/api/v1/notifications/recipients/{recipient_id}/test', path)),
  )
  const remove = useChange(NOTIFICATIONS, () =>
    api.DELETE('/api/v1/notifications/recipients/{recipient_id}', path),
  )
  const askRemove = (): void => {
    modal.confirm({
      title: t('deleteTitle', { name: recipient.name }),
      content: t('deleteText'),
      okText: t('settings:delete'),
      okButtonProps: { danger: true },
      cancelText: t('common:cancel'),
      onOk: () => remove.mutateAsync(undefined).then(() => void message.success(t('deleted')), tellError),
    })
  }
  const named = (action: string): string => `${action}: ${recipient.name}`
  return (
    <Flex wrap gap="small">
      <Button
        loading={test.isPending}
        aria-label={named(t('test'))}
        onClick={() => test.mutate(undefined, { onSuccess: tellResult, onError: tellError })}
      >
        {t('test')}
      </Button>
      <Button onClick={onWatch} aria-label={named(t('messages'))}>
        {t('messages')}
      </Button>
      <Button onClick={onEdit} aria-label={named(t('settings:edit'))}>
        {t('settings:edit')}
      </Button>
      <Button danger type="text" onClick={askRemove} aria-label={named(t('settings:delete'))}>
        {t('settings:delete')}
      </Button>
    </Flex>
  )
}

/** Says what became of a test. */
function useTellResult(): (message: Message) => void {
  const { t } = useTranslation('notifications')
  const { notification } = App.useApp()
  const failure = useFailure()
  return (message) => {
    if (message.status === 'delivered') notification.success({ title: t('testSent') })
    else if (message.error !== null)
      notification.error({ title: t('testFailed'), description: failure(message) })
    else notification.warning({ title: t('testPending') })
  }
}
