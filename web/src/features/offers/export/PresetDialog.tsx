import { Checkbox, Form, Input, Modal, Radio, Select } from 'antd'
import { useTranslation } from 'react-i18next'

import { FormError } from '../../../shared/FormError.tsx'
import { useRole } from '../../../shared/index.ts'
import { filterQuery } from '../filters.ts'
import type { OfferView } from '../view.ts'
import { EXPORT_COLUMNS } from './columns.ts'
import { formOf, presetBody, type Chosen, type PresetForm } from './preset.ts'
import { useKeepPreset, type Preset } from './queries.ts'

interface Props {
  /** Null for a new one. */
  preset: Preset | null
  view: OfferView
  language: 'ro' | 'en'
  onClose: () => void
}

/** Makes a preset of an export, or changes one: its name, its columns in order, and of which offers it is. */
export default function PresetDialog({ preset, view, language, onClose }: Props) {
  const { t } = useTranslation('offers')
  const { can } = useRole()
  const [form] = Form.useForm<PresetForm>()
  const keep = useKeepPreset()
  const filters: Chosen[] = preset?.filter ? ['found', 'kept', 'these'] : ['found', 'these']
  const finish = (values: PresetForm): void => {
    const body = presetBody(values, preset, filterQuery(view), language)
    keep.mutate({ id: preset?.id ?? null, body }, { onSuccess: onClose })
  }
  return (
    <Modal
      open
      title={t(preset === null ? 'export.preset.addTitle' : 'export.preset.changeTitle')}
      okText={t('export.preset.save')}
      cancelText={t('common:cancel')}
      confirmLoading={keep.isPending}
      onOk={form.submit}
      onCancel={onClose}
    >
      <Form<PresetForm>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={formOf(preset)}
        onFinish={finish}
      >
        <FormError error={keep.error} />
        <Form.Item
          name="name"
          label={t('export.preset.name')}
          rules={[{ required: true, whitespace: true, message: t('export.preset.nameNeeded') }]}
        >
          <Input maxLength={100} autoComplete="off" autoFocus />
        </Form.Item>
        <Form.Item name="columns" label={t('export.preset.columns')} extra={t('export.preset.columnsHint')}>
          <Select
            mode="multiple"
            allowClear
            placeholder={t('export.preset.allColumns')}
            optionFilterProp="label"
            options={EXPORT_COLUMNS.map((name) => ({ value: name, label: t(`export.columns.${name}`) }))}
          />
        </Form.Item>
        <Form.Item name="filter" label={t('export.preset.offers')}>
          <Radio.Group
            options={filters.map((one) => ({ value: one, label: t(`export.preset.filters.${one}`) }))}
          />
        </Form.Item>
        <Form.Item name="format" label={t('export.preset.format')}>
          <Radio.Group
            options={[
              { value: 'xlsx', label: 'Excel' },
              { value: 'csv', label: 'CSV' },
            ]}
          />
        </Form.Item>
        <Form.Item
          name="shared"
          valuePropName="checked"
          extra={can('operator') ? undefined : t('export.preset.shareNeedsOperator')}
        >
          <Checkbox disabled={!can('operator')}>{t('export.preset.share')}</Checkbox>
        </Form.Item>
      </Form>
    </Modal>
  )
}
