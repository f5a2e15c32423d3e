import { App, Button, Modal, Segmented, Table } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { api, dataOf } from '../../../api/client.ts'
import { Badge, type Tone } from '../../../shared/Badge.tsx'
import { EmptyState, formatDate, formatNumber } from '../../../shared/index.ts'
import { useChange, useDeliveries, useDelivery, type Delivery, type Webhook } from '../queries.ts'
import { Loaded, useTellError } from '../shared.tsx'

type Status = Delivery['status']

const TONES: Record<Status, Tone> = { pending: 'busy', delivered: 'good', given_up: 'bad' }

/** The messages of a webhook, newest first: what became of each, what it says, and sending it again. */
export function DeliveriesDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const { t } = useTranslation('settings')
  const [status, setStatus] = useState<Status | 'all'>('all')
  const found = useDeliveries(webhook.id, status === 'all' ? [] : [status])
  return (
    <Modal
      open
      width={960}
      footer={null}
      title={t('webhooks.deliveriesOf', { name: webhook.name })}
      onCancel={onClose}
    >
      <p>
        <Segmented
          aria-label={t('webhooks.state')}
          value={status}
          onChange={setStatus}
          options={(['all', 'pending', 'given_up', 'delivered'] as const).map((value) => ({
            value,
            label: t(`webhooks.states.${value}`),
          }))}
        />
      </p>
      <Loaded found={found}>
        {(deliveries) =>
          deliveries.length === 0 ? (
            <EmptyState
              title={t(status === 'all' ? 'webhooks.deliveriesNone' : 'webhooks.deliveriesNoneOf')}
            />
          ) : (
            <Deliveries deliveries={deliveries} />
          )
        }
      </Loaded>
      {found.hasNextPage ? (
        <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t('webhooks.older')}
        </Button>
      ) : null}
    </Modal>
  )
}

function Deliveries({ deliveries }: { deliveries: Delivery[] }) {
  const { t } = useTranslation('settings')
  return (
    <Table<Delivery>
      rowKey="id"
      size="small"
      pagination={{ pageSize: 10, hideOnSinglePage: true, showSizeChanger: false }}
      scroll={{ x: 820 }}
      dataSource={deliveries}
      expandable={{ expandedRowRender: (one) => <Content delivery={one} /> }}
      columns={[
        { key: 'when', title: t('webhooks.when'), render: (_, one) => formatDate(one.created_at) },
        {
          key: 'event',
          title: t('webhooks.event'),
          render: (_, one) => t(`webhooks.kinds.${one.event}`, { defaultValue: one.event }),
        },
        {
          key: 'state',
          title: t('webhooks.state'),
          render: (_, one) => <Badge tone={TONES[one.status]}>{t(`webhooks.states.${one.status}`)}</Badge>,
        },
        { key: 'attempts', title: t('webhooks.attempts'), render: (_, one) => formatNumber(one.attempts) },
        { key: 'answer', title: t('webhooks.answer'), dataIndex: 'answer' },
        { key: 'error', title: t('webhooks.error'), dataIndex: 'error' },
        {
          key: 'again',
          title: <span className="visually-hidden">{t('webhooks.redeliver')}</span>,
          render: (_, one) => (one.status === 'pending' ? null : <Redeliver delivery={one} />),
        },
      ]}
    />
  )
}

/** What a message says, and the id by which its receiver knows it. */
function Content({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation('settings')
  return (
    <>
      <p className="muted">{t('webhooks.deliveryId', { id: delivery.id })}</p>
      <Loaded found={useDelivery(delivery)}>
        {(found) => <pre className="webhook-body">{JSON.stringify(found.body, null, 2)}</pre>}
      </Loaded>
    </>
  )
}

function Redeliver({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation('settings')
  const { message } = App.useApp()
  const tellError = useTellError()
  const path = { webhook_id: delivery.webhook_id, delivery_id: delivery.id }
  const again = useChange('webhooks', () =>
    dataOf(
      api.POST('/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver', { params: { path } }),
    ),
  )
  const tell = ({ status, answer, error }: Delivery): void => {
    if (status === 'delivered') void message.success(t('webhooks.redelivered', { answer }))
    else void message.warning(t('webhooks.notRedelivered', { error: error ?? '' }))
  }
  return (
    <Button
      size="small"
      loading={again.isPending}
      onClick={() => again.mutate(undefined, { onSuccess: tell, onError: tellError })}
    >
      {t('webhooks.redeliver')}
    </Button>
  )
}
