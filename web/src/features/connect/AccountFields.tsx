import { Form, Input, Select } from 'antd'
import { useTranslation } from 'react-i18next'

import type { NewAccount } from './queries.ts'

export type Platform = NonNullable<NewAccount['platform']>

export const PLATFORMS: readonly Platform[] = ['emag-ro', 'emag-bg', 'emag-hu', 'fd-ro', 'fd-bg']

/** What an account's form holds; an empty password of an account that is there stays as it is. */
export interface AccountValues {
  account: string
  platform: Platform
  username: string
  password: string
  base_url: string
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_]{0,31}$/

/**
 * The fields of an account. `isNew`: it has no name and no password yet. `otherAddresses`: whether it may have another
 * address than eMAG's own; `hasOther`: it has one already.
 */
export function AccountFields({ isNew, otherAddresses }: { isNew: boolean; otherAddresses: boolean }) {
  const { t } = useTranslation('connect')
  const required = { required: true, message: t('required') }
  return (
    <>
      <Form.Item name="platform" label={t('platform')}>
        <Select options={PLATFORMS.map((value) => ({ value, label: t(`common:platforms.${value}`) }))} />
      </Form.Item>
      {isNew ? (
        <Form.Item
          name="account"
          label={t('name')}
          extra={t('nameHint')}
          rules={[required, { pattern: NAME, message: t('nameRule') }]}
        >
          <Input autoComplete="off" maxLength={32} />
        </Form.Item>
      ) : null}
      <Form.Item
        name="username"
        label={t('username')}
        extra={t('usernameHint')}
        rules={[{ ...required, whitespace: true }]}
      >
        <Input autoComplete="off" maxLength={255} />
      </Form.Item>
      <Form.Item
        name="password"
        label={t('password')}
        extra={isNew ? t('passwordHint') : t('passwordKept')}
        rules={isNew ? [required] : []}
      >
        <Input.Password autoComplete="new-password" maxLength={500} />
      </Form.Item>
      {otherAddresses ? (
        <Form.Item name="base_url" label={t('address')} extra={t('addressHint')}>
          <Input autoComplete="off" inputMode="url" maxLength={500} />
        </Form.Item>
      ) : null}
    </>
  )
}

/** A form's values as they are sent: an empty address is the platform's own. */
export function asNewAccount(values: AccountValues): NewAccount {
  const { base_url, ...rest } = values
  return { ...rest, base_url: base_url ? base_url.trim() : null }
}
