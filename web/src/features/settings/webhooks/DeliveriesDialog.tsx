import { Modal, Table } from 'antd'
import { useTranslation } from 'react-i18next'

import { Badge, type Tone } from '../../../shared/Badge.tsx'
import { EmptyState, formatDate, formatNumber } from '../../../shared/index.ts'
import { useDeliveries, type Delivery, type Webhook } from '../queries.ts'
import { Loaded } from '../shared.tsx'

const TONES: Record<Delivery['status'], Tone> = { pending: 'busy', delivered: 'good', given_up: 'bad' }

/** The messages of a webhook, newest first. */
export function DeliveriesDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const { t } = useTranslation('settings')
  return (
    <Modal
      open
      width={860}
      footer={null}
      title={t('webhooks.deliveriesOf', { name: webhook.name })}
      onCancel={onClose}
    >
      <Loaded found={useDeliveries(webhook.id)}>
        {(deliveries) =>
          deliveries.length === 0 ? (
            <EmptyState title={t('webhooks.deliveriesNone')} />
          ) : (
            <Deliveries deliveries={deliveries} />
          )
        }
      </Loaded>
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
      scroll={{ x: 700 }}
      dataSource={deliveries}
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
      ]}
    />
  )
}
