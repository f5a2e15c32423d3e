import { Checkbox, Form, Input, Modal } from 'antd'
import { useTranslation } from 'react-i18next'

import { FormError } from '../../../shared/FormError.tsx'
import { useRole } from '../../../shared/index.ts'
import { useKeepFilter, type SavedFilter } from './queries.ts'

interface Props {
  /** Null for a new one. */
  filter: SavedFilter | null
  query: string
  onKept: (filter: SavedFilter) => void
  onClose: () => void
}

interface Fields {
  name: string
  shared: boolean
}

/** The name of a saved filter, and who sees it. */
export default function SavedFilterDialog({ filter, query, onKept, onClose }: Props) {
  const { t } = useTranslation('offers')
  const { can } = useRole()
  const [form] = Form.useForm<Fields>()
  const keep = useKeepFilter()
  return (
    <Modal
      open
      title={t(filter === null ? 'saved.addTitle' : 'saved.changeTitle')}
      okText={t('saved.keep')}
      cancelText={t('common:cancel')}
      confirmLoading={keep.isPending}
      onOk={form.submit}
      onCancel={onClose}
    >
      <Form<Fields>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ name: filter?.name ?? '', shared: filter?.shared ?? false }}
        onFinish={(body) =>
          keep.mutate({ id: filter?.id ?? null, body: { ...body, query } }, { onSuccess: onKept })
        }
      >
        <FormError error={keep.error} />
        <Form.Item
          name="name"
          label={t('saved.name')}
          rules={[{ required: true, whitespace: true, message: t('saved.nameNeeded') }]}
        >
          <Input maxLength={60} autoComplete="off" autoFocus />
        </Form.Item>
        <Form.Item
          name="shared"
          valuePropName="checked"
          extra={can('operator') ? undefined : t('saved.shareNeedsOperator')}
        >
          <Checkbox disabled={!can('operator')}>{t('saved.share')}</Checkbox>
        </Form.Item>
      </Form>
    </Modal>
  )
}
