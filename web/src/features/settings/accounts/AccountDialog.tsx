import { App, Form, Modal, Select, Switch } from 'antd'
import { useTranslation } from 'react-i18next'

import { AccountFields, type AccountValues, type Platform } from '../../connect/AccountFields.tsx'
import { useChangeAccount, type Account, type AccountChange } from '../../connect/queries.ts'
import { FormError } from '../shared.tsx'

type Push = Account['push']

export const PUSHES: readonly Push[] = ['off', 'approve', 'on']

interface Values extends AccountValues {
  enabled: boolean
  push: Push
}

interface Props {
  account: Account
  otherAddresses: boolean
  onClose: () => void
}

/** Changes an account that was added here, or switches it on or off. */
export function AccountDialog({ account, otherAddresses, onClose }: Props) {
  const { t } = useTranslation('settings')
  const { message } = App.useApp()
  const [form] = Form.useForm<Values>()
  const change = useChangeAccount()
  const submit = (values: Values): void =>
    change.mutate(
      { name: account.account, body: changesOf(account, values) },
      {
        onSuccess: () => {
          void message.success(t('accounts.saved'))
          onClose()
        },
      },
    )
  return (
    <Modal
      open
      title={t('accounts.editTitle', { name: account.account })}
      okText={t('common:save')}
      cancelText={t('common:cancel')}
      confirmLoading={change.isPending}
      onOk={form.submit}
      onCancel={onClose}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{
          platform: account.platform ?? 'emag-ro',
          username: account.username ?? '',
          password: '',
          base_url: account.base_url ?? '',
          enabled: account.enabled,
          push: account.push,
        }}
        onFinish={submit}
      >
        <FormError error={change.error} />
        <AccountFields isNew={false} otherAddresses={otherAddresses} />
        <Form.Item name="push" label={t('accounts.push')} extra={t('accounts.pushHint')}>
          <Select options={PUSHES.map((value) => ({ value, label: t(`accounts.pushTexts.${value}`) }))} />
        </Form.Item>
        <Form.Item
          name="enabled"
          label={t('accounts.enabled')}
          extra={t('accounts.enabledHint')}
          valuePropName="checked"
        >
          <Switch />
        </Form.Item>
      </Form>
    </Modal>
  )
}

/** Only what differs is sent: another address would need the password. */
export function changesOf(account: Account, values: Values): AccountChange {
  const change: { -readonly [Key in keyof AccountChange]: AccountChange[Key] } = {}
  if (values.platform !== account.platform) change.platform = values.platform as Platform
  if (values.username.trim() !== account.username) change.username = values.username.trim()
  if (values.password !== '') change.password = values.password
  if (values.enabled !== account.enabled) change.enabled = values.enabled
  if (values.push !== account.push) change.push = values.push
  const address = values.base_url?.trim()
  if (address !== undefined && address !== (account.base_url ?? '')) change.base_url = address || null
  return change
}
