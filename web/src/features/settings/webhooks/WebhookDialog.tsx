import { App, Checkbox, Form, Input, Modal, Switch } from 'antd'
import { useTranslation } from 'react-i18next'

import { api, dataOf, type Schemas } from '../../../api/client.ts'
import { useChange, type EventKind, type Webhook } from '../queries.ts'
import { FormError } from '../shared.tsx'
import { ChangesFields } from './ChangesFields.tsx'

interface Values {
  name: string
  url: string
  events: EventKind[]
  enabled: boolean
  changes: Schemas['ChangeOptions']
}

interface Props {
  webhook: Webhook | null
  onClose: () => void
  onMade: (webhook: Schemas['NewWebhook']) => void
}

const EVENTS: readonly EventKind[] = [
  'completed',
  'partial',
  'failed',
  'stuck',
  'cancelled',
  'conflict',
  'hold',
  'offers_changed',
]
const ALL_CHANGES: Schemas['ChangeOptions'] = { accounts: [], fields: [], batch_size: 500, wait_seconds: 5 }
const USUAL: EventKind[] = ['completed', 'partial', 'failed', 'stuck']

function initialValues(webhook: Webhook | null): Values {
  if (webhook === null) return { name: '', url: '', events: USUAL, enabled: true, changes: ALL_CHANGES }
  const { name, url, events, enabled, changes } = webhook
  return { name, url, events, enabled, changes }
}

/** Adds a webhook, whose secret is then shown once, or changes one. */
export function WebhookDialog({ webhook, onClose, onMade }: Props) {
  const { t } = useTranslation('settings')
  const { message } = App.useApp()
  const [form] = Form.useForm<Values>()
  const add = useChange('webhooks', (body: Values) => dataOf(api.POST('/api/v1/webhooks', { body })))
  const change = useChange('webhooks', (body: Values) =>
    dataOf(
      api.PATCH('/api/v1/webhooks/{webhook_id}', {
        params: { path: { webhook_id: webhook?.id ?? '' } },
        body,
      }),
    ),
  )
  const isTold = Form.useWatch('events', form)?.includes('offers_changed')
  const submit = (given: Values): void => {
    // What is not shown is not among the form's values.
    const values = { ...given, changes: { ...initialValues(webhook).changes, ...given.changes } }
    if (webhook === null) {
      add.mutate(values, { onSuccess: onMade })
      return
    }
    change.mutate(values, {
      onSuccess: () => {
        void message.success(t('webhooks.saved'))
        onClose()
      },
    })
  }
  const required = { required: true, message: t('required') }
  return (
    <Modal
      open
      title={webhook === null ? t('webhooks.addTitle') : t('webhooks.editTitle', { name: webhook.name })}
      okText={t('common:save')}
      cancelText={t('common:cancel')}
      confirmLoading={add.isPending || change.isPending}
      onOk={form.submit}
      onCancel={onClose}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={initialValues(webhook)}
        onFinish={submit}
      >
        <FormError error={add.error ?? change.error} />
        <Form.Item name="name" label={t('webhooks.name')} rules={[{ ...required, whitespace: true }]}>
          <Input maxLength={100} autoComplete="off" autoFocus />
        </Form.Item>
        <Form.Item name="url" label={t('webhooks.url')} extra={t('webhooks.urlHint')} rules={[required]}>
          <Input type="url" maxLength={2000} autoComplete="off" placeholder="https://" />
        </Form.Item>
        <Form.Item name="events" label={t('webhooks.events')} rules={[required]}>
          <Checkbox.Group options={EVENTS.map((value) => ({ value, label: t(`webhooks.kinds.${value}`) }))} />
        </Form.Item>
        {isTold ? <ChangesFields selection={webhook?.changes.selection} /> : null}
        <Form.Item name="enabled" label={t('webhooks.isEnabled')} valuePropName="checked">
          <Switch />
        </Form.Item>
      </Form>
    </Modal>
  )
}
