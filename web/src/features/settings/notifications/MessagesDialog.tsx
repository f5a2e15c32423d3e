import { Button, Collapse, Flex, Modal, Space } from 'antd'
import { useTranslation } from 'react-i18next'

import { api, dataOf } from '../../../api/client.ts'
import { Badge, type Tone } from '../../../shared/Badge.tsx'
import { EmptyState, formatDate } from '../../../shared/index.ts'
import { useChange } from '../queries.ts'
import { Loaded, useTellError } from '../shared.tsx'
import { NOTIFICATIONS, useMessages, type Message, type Recipient } from './queries.ts'
import { useFailure } from './useFailure.ts'

const TONES: Record<Message['status'], Tone> = {
  pending: 'busy',
  sending: 'busy',
  delivered: 'good',
  given_up: 'bad',
  unknown: 'bad',
}

/** What a recipient was told, newest first, and what became of it. */
export function MessagesDialog({ recipient, onClose }: { recipient: Recipient; onClose: () => void }) {
  const { t } = useTranslation('notifications')
  return (
    <Modal
      open
      width={760}
      footer={null}
      title={t('messagesOf', { name: recipient.name })}
      onCancel={onClose}
    >
      <Loaded found={useMessages(recipient.id)}>
        {(messages) =>
          messages.length === 0 ? (
            <EmptyState title={t('messagesNone')} />
          ) : (
            <Collapse
              items={messages.map((one) => ({
                key: one.id,
                label: <Heading message={one} />,
                children: <Content message={one} />,
              }))}
            />
          )
        }
      </Loaded>
    </Modal>
  )
}

function Heading({ message }: { message: Message }) {
  const { t } = useTranslation('notifications')
  return (
    <Flex wrap gap="small" justify="space-between">
      <span>{message.title.replace(/^emagsync: /, '')}</span>
      <Space>
        <span className="muted">{formatDate(message.created_at)}</span>
        <Badge tone={TONES[message.status]}>{t(`states.${message.status}`)}</Badge>
      </Space>
    </Flex>
  )
}

function Content({ message }: { message: Message }) {
  const { t } = useTranslation('notifications')
  const failure = useFailure()
  const tellError = useTellError()
  const again = useChange(NOTIFICATIONS, () =>
    dataOf(
      api.POST('/api/v1/notifications/deliveries/{delivery_id}/again', {
        params: { path: { delivery_id: message.id } },
      }),
    ),
  )
  const canSendAgain = message.status === 'unknown' || message.status === 'given_up'
  return (
    <>
      {message.error === null ? null : <p>{failure(message)}</p>}
      <p className="message-text">{message.text}</p>
      {canSendAgain ? (
        <Button loading={again.isPending} onClick={() => again.mutate(undefined, { onError: tellError })}>
          {t('again')}
        </Button>
      ) : null}
    </>
  )
}
