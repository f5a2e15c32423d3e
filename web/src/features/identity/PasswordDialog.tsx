import { useMutation } from '@tanstack/react-query'
import { Alert, App, Form, Input, Modal } from 'antd'
import { useTranslation } from 'react-i18next'

import { api } from '../../api/client.ts'
import { useErrorText } from '../../shared/error-text.ts'
import { SHORTEST_PASSWORD } from '../../shared/passwords.ts'

interface Values {
  old_password: string
  new_password: string
  repeated: string
}

/** Changes the password of whoever is logged in. The other sessions end. */
export default function PasswordDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('identity')
  const { message } = App.useApp()
  const [form] = Form.useForm<Values>()
  const change = useMutation({
    mutationFn: ({ old_password, new_password }: Values) =>
      api.POST('/api/v1/auth/password', { body: { old_password, new_password } }),
    onSuccess: () => {
      message.success(t('own.done'))
      onClose()
    },
  })
  const { title, detail } = useErrorText(change.error)
  const required = { required: true, message: t('required') }
  return (
    <Modal
      open
      title={t('own.title')}
      okText={t('own.change')}
      cancelText={t('common:cancel')}
      confirmLoading={change.isPending}
      onOk={form.submit}
      onCancel={onClose}
    >
      <p className="muted">{t('own.detail')}</p>
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={(values) => change.mutate(values)}
      >
        {change.error ? (
          <Alert
            className="form-alert"
            type="error"
            showIcon
            role="alert"
            title={title}
            description={detail}
          />
        ) : null}
        <Form.Item name="old_password" label={t('own.old')} rules={[required]}>
          <Input.Password autoComplete="current-password" autoFocus />
        </Form.Item>
        <Form.Item
          name="new_password"
          label={t('own.new')}
          extra={t('own.rule', { count: SHORTEST_PASSWORD })}
          rules={[required, { min: SHORTEST_PASSWORD, message: t('own.rule', { count: SHORTEST_PASSWORD }) }]}
        >
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        <Form.Item
          name="repeated"
          label={t('own.repeated')}
          dependencies={['new_password']}
          rules={[
            required,
            ({ getFieldValue }) => ({
              validator: (_, value: string) =>
                !value || value === getFieldValue('new_password')
                  ? Promise.resolve()
                  : Promise.reject(new Error(t('own.differ'))),
            }),
          ]}
        >
          <Input.Password autoComplete="new-password" />
        </Form.Item>
      </Form>
    </Modal>
  )
}
