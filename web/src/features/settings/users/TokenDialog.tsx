import { Form, Input, InputNumber, Modal, Select } from 'antd'
import { useTranslation } from 'react-i18next'

import { api, dataOf, type Schemas } from '../../../api/client.ts'
import type { Role } from '../../../shared/index.ts'
import { useChange } from '../queries.ts'
import { useRoleOptions } from './roles.ts'
import { FormError } from '../shared.tsx'

export type MadeToken = Schemas['NewApiToken']

interface Values {
  name: string
  role: Role
  days: number | null
}

/** Makes an API token. */
export function TokenDialog({
  onClose,
  onMade,
}: {
  onClose: () => void
  onMade: (token: MadeToken) => void
}) {
  const { t } = useTranslation('settings')
  const [form] = Form.useForm<Values>()
  const roles = useRoleOptions()
  const make = useChange('tokens', ({ name, role, days }: Values) =>
    dataOf(api.POST('/api/v1/tokens', { body: { name: name.trim(), role, expires_in_days: days } })),
  )
  return (
    <Modal
      open
      title={t('tokens.addTitle')}
      okText={t('tokens.add')}
      cancelText={t('common:cancel')}
      confirmLoading={make.isPending}
      onOk={form.submit}
      onCancel={onClose}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ name: '', role: 'viewer', days: 365 }}
        onFinish={(values) => make.mutate(values, { onSuccess: onMade })}
      >
        <FormError error={make.error} />
        <Form.Item
          name="name"
          label={t('tokens.name')}
          extra={t('tokens.nameHint')}
          rules={[{ required: true, whitespace: true, message: t('required') }]}
        >
          <Input maxLength={64} autoComplete="off" autoFocus />
        </Form.Item>
        <Form.Item name="role" label={t('tokens.role')}>
          <Select options={roles} />
        </Form.Item>
        <Form.Item name="days" label={t('tokens.days')} extra={t('tokens.daysHint')}>
          <InputNumber min={1} max={3650} precision={0} />
        </Form.Item>
      </Form>
    </Modal>
  )
}
