import { Form, Input, Select } from 'antd'
import { useTranslation } from 'react-i18next'

import type { Source } from '../queries.ts'
import { draftOf, loginWays, wayOf, type Draft } from './draft.ts'

/** What a server asks of who fetches the file. What is typed here is sent, and shown nowhere again. */
export function LoginFields({ draft, source }: { draft: Draft; source: Source | null }) {
  const { t } = useTranslation('sources')
  const isKept = source !== null && draftOf(source).login_way === 'kept'
  const ways = loginWays(draft.kind, isKept)
  const way = wayOf(draft)
  if (way === null) return null
  return (
    <>
      <Form.Item
        name="login_way"
        label={t('form.login')}
        extra={way === 'kept' ? t('form.loginKept', { user: source?.username ?? '–' }) : undefined}
        getValueProps={() => ({ value: way })}
      >
        <Select options={ways.map((value) => ({ value, label: t(`form.loginWays.${value}`) }))} />
      </Form.Item>
      {way === 'password' || way === 'key' ? <WithName way={way} /> : null}
      {way === 'header' ? <Header /> : null}
    </>
  )
}

function WithName({ way }: { way: 'password' | 'key' }) {
  const { t } = useTranslation('sources')
  const required = { required: true, message: t('form.required') }
  return (
    <>
      <Form.Item name="username" label={t('form.username')} rules={[{ ...required, whitespace: true }]}>
        <Input maxLength={255} autoComplete="off" spellCheck={false} />
      </Form.Item>
      {way === 'password' ? (
        <Form.Item name="password" label={t('form.password')} extra={t('form.secret')} rules={[required]}>
          <Input.Password maxLength={1000} autoComplete="new-password" visibilityToggle={false} />
        </Form.Item>
      ) : (
        <Form.Item
          name="private_key"
          label={t('form.privateKey')}
          extra={t('form.privateKeyHint')}
          rules={[required]}
        >
          <Input.TextArea rows={4} maxLength={20_000} autoComplete="off" spellCheck={false} />
        </Form.Item>
      )}
    </>
  )
}

function Header() {
  const { t } = useTranslation('sources')
  const required = { required: true, message: t('form.required') }
  return (
    <>
      <Form.Item name="header_name" label={t('form.headerName')} rules={[required]}>
        <Input maxLength={60} autoComplete="off" spellCheck={false} />
      </Form.Item>
      <Form.Item
        name="header_value"
        label={t('form.headerValue')}
        extra={t('form.secret')}
        rules={[required]}
      >
        <Input.Password
          maxLength={1000}
          autoComplete="new-password"
          visibilityToggle={false}
          placeholder="Bearer …"
        />
      </Form.Item>
    </>
  )
}
