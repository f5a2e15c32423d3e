import { App, Form, Input, Modal, Select, Switch } from 'antd'
import { useTranslation } from 'react-i18next'

import { api, dataOf } from '../../../api/client.ts'
import type { Role } from '../../../shared/index.ts'
import { SHORTEST_PASSWORD } from '../../../shared/passwords.ts'
import { useChange, type User } from '../queries.ts'
import { useRoleOptions } from './roles.ts'
import { FormError } from '../shared.tsx'

interface Values {
  username: string
  role: Role
  enabled: boolean
  password: string
}

const USERNAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/

/** Adds a user, or changes one. */
export function UserDialog({ user, onClose }: { user: User | null; onClose: () => void }) {
  const { t } = useTranslation('settings')
  const { message } = App.useApp()
  const [form] = Form.useForm<Values>()
  const roles = useRoleOptions()
  const save = useChange('users', (values: Values) => saveUser(user, values))
  const submit = (values: Values): void => {
    save.mutate(values, {
      onSuccess: () => {
        void message.success(t(user === null ? 'users.added' : 'users.saved'))
        onClose()
      },
    })
  }
  const required = { required: true, message: t('required') }
  const tooShort = { min: SHORTEST_PASSWORD, message: t('users.passwordRule', { count: SHORTEST_PASSWORD }) }
  return (
    <Modal
      open
      title={user === null ? t('users.addTitle') : t('users.editTitle', { name: user.username })}
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
        initialValues={{
          role: user?.role ?? 'viewer',
          enabled: user?.enabled ?? true,
          username: '',
          password: '',
        }}
        onFinish={submit}
      >
        <FormError error={save.error} />
        {user === null ? (
          <Form.Item
            name="username"
            label={t('users.username')}
            extra={t('users.usernameRule')}
            rules={[required, { pattern: USERNAME, message: t('users.usernameRule') }]}
          >
            <Input autoComplete="off" autoFocus />
          </Form.Item>
        ) : null}
        <Form.Item name="role" label={t('users.role')}>
          <Select options={roles} />
        </Form.Item>
        <Form.Item
          name="password"
          label={user === null ? t('users.password') : t('users.newPassword')}
          extra={tooShort.message}
          rules={user === null ? [required, tooShort] : [tooShort]}
        >
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        {user === null ? null : (
          <Form.Item name="enabled" label={t('users.isEnabled')} valuePropName="checked">
            <Switch />
          </Form.Item>
        )}
      </Form>
    </Modal>
  )
}

function saveUser(user: User | null, { username, role, enabled, password }: Values): Promise<User> {
  if (user === null) return dataOf(api.POST('/api/v1/users', { body: { username, role, password } }))
  return dataOf(
    api.PATCH('/api/v1/users/{user_id}', {
      params: { path: { user_id: user.id } },
      body: { role, enabled, ...(password ? { password } : {}) },
    }),
  )
}
