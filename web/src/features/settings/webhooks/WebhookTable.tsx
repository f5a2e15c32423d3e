import { App, Button, Dropdown, Space } from 'antd'
import { useTranslation } from 'react-i18next'

import { DataTable } from '../../../shared/DataTable.tsx'
import { api, dataOf } from '../../../api/client.ts'
import { Badge } from '../../../shared/Badge.tsx'
import { formatDate } from '../../../shared/index.ts'
import { useChange, type Delivery, type Webhook } from '../queries.ts'
import { useTellError } from '../shared.tsx'

interface Props {
  webhooks: Webhook[]
  onEdit: (webhook: Webhook) => void
  onWatch: (webhook: Webhook) => void
  onSecret: (secret: { name: string; secret: string }) => void
}

export function WebhookTable({ webhooks, onEdit, onWatch, onSecret }: Props) {
  const { t } = useTranslation('settings')
  return (
    <DataTable<Webhook>
      label={t('sections.webhooks')}
      rowKey={(hook) => hook.id}
      rows={webhooks}
      columns={[
        {
          key: 'name',
          width: 160,
          title: t('webhooks.name'),
          render: (hook) => (
            <>
              {hook.name} {hook.settings ? <Badge tone="plain">{t('webhooks.fromSettings')}</Badge> : null}
            </>
          ),
        },
        {
          key: 'url',
          width: 240,
          title: t('webhooks.url'),
          render: (hook) => <span className="address">{hook.url}</span>,
        },
        {
          key: 'events',
          width: 230,
          title: t('webhooks.events'),
          render: (hook) => hook.events.map((event) => t(`webhooks.kinds.${event}`)).join(', '),
        },
        {
          key: 'enabled',
          width: 90,
          title: t('webhooks.enabled'),
          render: (hook) => <State hook={hook} />,
        },
        {
          key: 'actions',
          width: 220,
          title: <span className="visually-hidden">{t('edit')}</span>,
          align: 'end',
          render: (hook) => (
            <Actions
              hook={hook}
              onEdit={() => onEdit(hook)}
              onWatch={() => onWatch(hook)}
              onSecret={(secret) => onSecret({ name: hook.name, secret })}
            />
          ),
        },
      ]}
    />
  )
}

/** Whether it gets messages, and why not. */
function State({ hook }: { hook: Webhook }) {
  const { t } = useTranslation('settings')
  if (hook.off_reason === 'gone') return <Badge tone="bad">{t('webhooks.gone')}</Badge>
  if (!hook.enabled) return <Badge tone="plain">{t('webhooks.off')}</Badge>
  if (hook.paused_until != null && new Date(hook.paused_until) > new Date()) {
    return <Badge tone="busy">{t('webhooks.paused', { time: formatDate(hook.paused_until) })}</Badge>
  }
  return <Badge tone="good">{t('yes')}</Badge>
}

interface ActionProps {
  hook: Webhook
  onEdit: () => void
  onWatch: () => void
  onSecret: (secret: string) => void
}

function Actions({ hook, onEdit, onWatch, onSecret }: ActionProps) {
  const { t } = useTranslation('settings')
  const { modal, message } = App.useApp()
  const tellError = useTellError()
  const tellDelivery = useTellDelivery()
  const path = { params: { path: { webhook_id: hook.id } } }
  const test = useChange('webhooks', () => dataOf(api.POST('/api/v1/webhooks/{webhook_id}/test', path)))
  const renew = useChange('webhooks', () => dataOf(api.POST('/api/v1/webhooks/{webhook_id}/secret', path)))
  const remove = useChange('webhooks', () => api.DELETE('/api/v1/webhooks/{webhook_id}', path))

  const askRenew = (): void => {
    modal.confirm({
      title: t('webhooks.newSecretTitle', { name: hook.name }),
      content: t('webhooks.newSecretText'),
      okText: t('webhooks.newSecret'),
      cancelText: t('common:cancel'),
      onOk: () => renew.mutateAsync(undefined).then((made) => onSecret(made.secret), tellError),
    })
  }
  const askRemove = (): void => {
    modal.confirm({
      title: t('webhooks.deleteTitle', { name: hook.name }),
      content: t('webhooks.deleteText'),
      okText: t('delete'),
      okButtonProps: { danger: true },
      cancelText: t('common:cancel'),
      onOk: () =>
        remove.mutateAsync(undefined).then(() => void message.success(t('webhooks.deleted')), tellError),
    })
  }
  const own = hook.settings
    ? []
    : [
        { key: 'edit', label: t('edit'), onClick: onEdit },
        { key: 'secret', label: t('webhooks.newSecret'), onClick: askRenew },
        { key: 'delete', label: t('delete'), danger: true, onClick: askRemove },
      ]
  return (
    <Space>
      <Button
        loading={test.isPending}
        aria-label={`${t('webhooks.test')}: ${hook.name}`}
        onClick={() => test.mutate(undefined, { onSuccess: tellDelivery, onError: tellError })}
      >
        {t('webhooks.test')}
      </Button>
      <Dropdown
        trigger={['click']}
        menu={{ items: [{ key: 'deliveries', label: t('webhooks.deliveries'), onClick: onWatch }, ...own] }}
      >
        <Button aria-label={`${t('edit')}: ${hook.name}`}>⋯</Button>
      </Dropdown>
    </Space>
  )
}

/** Says what became of a test. */
function useTellDelivery(): (delivery: Delivery) => void {
  const { t } = useTranslation('settings')
  const { notification } = App.useApp()
  return ({ status, answer, error }) => {
    if (status === 'delivered') notification.success({ title: t('webhooks.testSent', { answer }) })
    else if (error) notification.error({ title: t('webhooks.testFailed', { error }) })
    else notification.warning({ title: t('webhooks.testPending') })
  }
}
