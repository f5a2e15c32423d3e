import { Form, Input, Modal } from 'antd'
import { useTranslation } from 'react-i18next'

import { CodeField } from '../CodeField.tsx'
import { FormError } from '../../../shared/FormError.tsx'
import type { Proof } from './queries.ts'

interface Props {
  title: string
  detail: string
  action: string
  error: Error | null
  isPending: boolean
  onProof: (proof: Proof) => void
  onClose: () => void
}

/** Asks for the password and a code before something that only the user may do. */
export function ProofDialog({ title, detail, action, error, isPending, onProof, onClose }: Props) {
  const { t } = useTranslation('identity')
  const [form] = Form.useForm<Proof>()
  return (
    <Modal
      open
      title={title}
      okText={action}
      cancelText={t('common:cancel')}
      confirmLoading={isPending}
      onOk={form.submit}
      onCancel={onClose}
    >
      <p>{detail}</p>
      <Form<Proof> form={form} layout="vertical" requiredMark={false} onFinish={onProof}>
        <FormError error={error} />
        <Form.Item name="password" label={t('own.old')} rules={[{ required: true, message: t('required') }]}>
          <Input.Password autoComplete="current-password" autoFocus />
        </Form.Item>
        <CodeField hint={t('code.hint')} />
      </Form>
    </Modal>
  )
}
