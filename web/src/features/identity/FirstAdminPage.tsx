import { useMutation } from '@tanstack/react-query'
import { Button, Form, Input } from 'antd'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { api, dataOf } from '../../api/client.ts'
import { LONGEST_PASSWORD, SHORTEST_PASSWORD } from '../../shared/passwords.ts'
import type { Me } from '../../shared/session.tsx'
import { FormError } from '../../shared/FormError.tsx'

interface Values {
  username: string
  password: string
  repeated: string
}

const USERNAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/

/** Where the server's first start leads: its code is behind the `#` of the address, which no server is told. */
export const FIRST_ADMIN_PATH = '/setup'

/** Makes the first admin of a server. */
export function FirstAdminPage({ onMade }: { onMade: (me: Me) => void }) {
  const { t } = useTranslation('identity')
  const [code] = useState(() => decodeURIComponent(window.location.hash.slice(1)))
  const title = t('first.title')
  useEffect(() => {
    document.title = `${title} · emagsync`
  }, [title])
  const make = useMutation({
    mutationFn: ({ username, password }: Values) =>
      dataOf(api.POST('/api/v1/auth/setup', { body: { code, username, password } })),
    onSuccess: onMade,
  })
  const required = { required: true, message: t('required') }
  const rule = t('own.rule', { count: SHORTEST_PASSWORD })
  return (
    <main className="login">
      <div className="login-card">
        <h1>{title}</h1>
        <p className="muted">{t('first.detail')}</p>
        <Form<Values>
          layout="vertical"
          requiredMark={false}
          initialValues={{ username: 'admin' }}
          onFinish={(values) => make.mutate(values)}
        >
          <FormError error={make.error} />
          <Form.Item
            name="username"
            label={t('username')}
            rules={[required, { pattern: USERNAME, message: t('first.usernameRule') }]}
          >
            <Input autoComplete="username" maxLength={64} />
          </Form.Item>
          <Form.Item
            name="password"
            label={t('password')}
            extra={rule}
            rules={[required, { min: SHORTEST_PASSWORD, max: LONGEST_PASSWORD, message: rule }]}
          >
            <Input.Password autoComplete="new-password" autoFocus />
          </Form.Item>
          <Form.Item
            name="repeated"
            label={t('first.repeated')}
            dependencies={['password']}
            rules={[
              required,
              ({ getFieldValue }) => ({
                validator: (_, value) =>
                  !value || value === getFieldValue('password')
                    ? Promise.resolve()
                    : Promise.reject(new Error(t('own.differ'))),
              }),
            ]}
          >
            <Input.Password autoComplete="new-password" />
          </Form.Item>
          <Button type="primary" htmlType="submit" size="large" block loading={make.isPending}>
            {t('first.make')}
          </Button>
        </Form>
      </div>
    </main>
  )
}
