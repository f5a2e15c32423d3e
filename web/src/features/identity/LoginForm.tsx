import { useMutation } from '@tanstack/react-query'
import { Alert, Button, Form, Input } from 'antd'
import { useTranslation } from 'react-i18next'

import { api, dataOf } from '../../api/client.ts'
import { useErrorText } from '../../shared/error-text.ts'
import type { Me } from '../../shared/session.tsx'

interface Credentials {
  username: string
  password: string
}

/** User name and password. `username` fixes whose session is renewed. */
export function LoginForm({ username, onLogin }: { username?: string; onLogin: (me: Me) => void }) {
  const { t } = useTranslation('identity')
  const login = useMutation({
    mutationFn: (body: Credentials) => dataOf(api.POST('/api/v1/auth/session', { body })),
    onSuccess: onLogin,
  })
  const { title, detail } = useErrorText(login.error)
  const required = [{ required: true, message: t('required') }]
  return (
    <Form<Credentials>
      layout="vertical"
      requiredMark={false}
      initialValues={{ username }}
      onFinish={(values) => login.mutate(values)}
    >
      {login.error ? (
        <Alert className="form-alert" type="error" showIcon role="alert" title={title} description={detail} />
      ) : null}
      <Form.Item name="username" label={t('username')} rules={required}>
        <Input
          autoComplete="username"
          autoFocus={!username}
          readOnly={username !== undefined}
          maxLength={64}
        />
      </Form.Item>
      <Form.Item name="password" label={t('password')} rules={required}>
        <Input.Password autoComplete="current-password" autoFocus={username !== undefined} />
      </Form.Item>
      <Button type="primary" htmlType="submit" size="large" block loading={login.isPending}>
        {t('login')}
      </Button>
    </Form>
  )
}
