import { useMutation } from '@tanstack/react-query'
import { Button, Form, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { api, dataOf, isApiError } from '../../api/client.ts'
import type { Me } from '../../shared/session.tsx'
import { CodeField } from './CodeField.tsx'
import { FormError } from '../../shared/FormError.tsx'

interface Credentials {
  username: string
  password: string
  code?: string
}

/** Refusals after which a code is asked for: the password was right. */
const ASK_FOR_CODE: readonly string[] = ['second_factor_needed', 'wrong_code']

/** User name and password, and a code where the user has a second factor. `username` fixes whose session is renewed. */
export function LoginForm({ username, onLogin }: { username?: string; onLogin: (me: Me) => void }) {
  const { t } = useTranslation('identity')
  const [form] = Form.useForm<Credentials>()
  const [asksCode, setAsksCode] = useState(false)
  const login = useMutation({
    mutationFn: (body: Credentials) => dataOf(api.POST('/api/v1/auth/session', { body })),
    onSuccess: onLogin,
    onError: (error) => {
      if (isApiError(error) && ASK_FOR_CODE.includes(error.code)) {
        form.setFieldValue('code', undefined)
        setAsksCode(true)
      }
    },
  })
  // That a code is needed is a question, not a refusal.
  const isQuestion = isApiError(login.error) && login.error.code === 'second_factor_needed'
  const required = [{ required: true, message: t('required') }]
  return (
    <Form<Credentials>
      form={form}
      layout="vertical"
      requiredMark={false}
      initialValues={{ username }}
      onValuesChange={(changed) => {
        if ('username' in changed) setAsksCode(false)
      }}
      onFinish={(values) => login.mutate(values)}
    >
      <FormError error={isQuestion ? null : login.error} />
      <Form.Item name="username" label={t('username')} rules={required}>
        <Input
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus={!username}
          readOnly={username !== undefined}
          maxLength={64}
        />
      </Form.Item>
      <Form.Item name="password" label={t('password')} rules={required}>
        <Input.Password name="password" autoComplete="current-password" autoFocus={username !== undefined} />
      </Form.Item>
      {asksCode ? <CodeField hint={t('code.hint')} /> : null}
      <Button type="primary" htmlType="submit" size="large" block loading={login.isPending}>
        {t('login')}
      </Button>
    </Form>
  )
}
