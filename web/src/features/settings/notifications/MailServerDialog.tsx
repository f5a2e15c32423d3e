import { App, Form, Input, InputNumber, Modal, Select } from 'antd'
import { useTranslation } from 'react-i18next'

import { api, dataOf, type Schemas } from '../../../api/client.ts'
import { useChange } from '../queries.ts'
import { FormError } from '../shared.tsx'
import { NOTIFICATIONS, type MailServer } from './queries.ts'

type Security = MailServer['security']
interface Values {
  host: string
  port: number
  security: Security
  username: string
  password: string
  sender: string
}

const PORTS: Record<Security, number> = { starttls: 587, tls: 465, none: 25 }

function valuesOf(server: MailServer | null): Values {
  if (server === null) {
    return { host: '', port: PORTS.starttls, security: 'starttls', username: '', password: '', sender: '' }
  }
  return {
    host: server.host,
    port: server.port,
    security: server.security,
    username: server.username ?? '',
    password: '',
    sender: server.sender,
  }
}

/** By what mail is sent. A password that is left empty stays, for the same server and user. */
export function MailServerDialog({ server, onClose }: { server: MailServer | null; onClose: () => void }) {
  const { t } = useTranslation('notifications')
  const { message } = App.useApp()
  const [form] = Form.useForm<Values>()
  const save = useChange(NOTIFICATIONS, ({ username, password, ...values }: Values) => {
    const body: Schemas['MailServerRequest'] = {
      ...values,
      username: username === '' ? null : username,
      password: password === '' ? null : password,
    }
    return dataOf(api.PUT('/api/v1/notifications/mail-server', { body }))
  })
  const submit = (values: Values): void =>
    save.mutate(values, {
      onSuccess: () => {
        void message.success(t('mail.saved'))
        onClose()
      },
    })
  const required = { required: true, message: t('settings:required') }
  return (
    <Modal
      open
      title={t('mail.title')}
      okText={t('common:save')}
      cancelText={t('common:cancel')}
      confirmLoading={save.isPending}
      onOk={form.submit}
      onCancel={onClose}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={valuesOf(server)}
        onValuesChange={(changed: Partial<Values>) => {
          if (changed.security) form.setFieldValue('port', PORTS[changed.security])
        }}
        onFinish={submit}
      >
        <FormError error={save.error} />
        <Form.Item name="host" label={t('mail.host')} rules={[required]}>
          <Input
            maxLength={255}
            autoComplete="off"
            spellCheck={false}
            placeholder="smtp.example.com"
            autoFocus
          />
        </Form.Item>
        <Form.Item name="security" label={t('mail.security')}>
          <Select
            options={(['starttls', 'tls', 'none'] as const).map((value) => ({
              value,
              label: t(`mail.securities.${value}`),
            }))}
          />
        </Form.Item>
        <Form.Item name="port" label={t('mail.port')} rules={[required]}>
          <InputNumber min={1} max={65_535} precision={0} />
        </Form.Item>
        <Form.Item name="username" label={t('mail.username')}>
          <Input maxLength={255} autoComplete="off" spellCheck={false} />
        </Form.Item>
        <Form.Item
          name="password"
          label={t('mail.password')}
          extra={server?.has_password ? t('mail.passwordStays') : null}
        >
          <Input.Password maxLength={1000} autoComplete="new-password" />
        </Form.Item>
        <Form.Item name="sender" label={t('mail.sender')} rules={[required]}>
          <Input type="email" maxLength={320} autoComplete="off" placeholder="shop@example.com" />
        </Form.Item>
      </Form>
    </Modal>
  )
}
