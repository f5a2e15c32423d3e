import { Form, Input, InputNumber } from 'antd'
import { useTranslation } from 'react-i18next'

import { listedIds } from './options.ts'

const LISTS = ['part_numbers', 'part_number_keys'] as const

/** Which offers a selective sync reads. */
export function SelectionFields() {
  const { t } = useTranslation('sync')
  return (
    <fieldset className="selection">
      <legend>{t('selection.title')}</legend>
      <p className="muted">{t('selection.hint')}</p>
      <Form.Item
        name="ids"
        label={t('selection.ids')}
        extra={t('selection.idsHint')}
        rules={[
          {
            validator: (_, text: string) =>
              listedIds(text ?? '') === null
                ? Promise.reject(new Error(t('selection.badIds')))
                : Promise.resolve(),
          },
        ]}
      >
        <Input.TextArea autoSize={{ minRows: 2, maxRows: 6 }} />
      </Form.Item>
      {LISTS.map((name) => (
        <Form.Item key={name} name={name} label={t(`selection.${name}`)} extra={t(`selection.${name}_hint`)}>
          <Input.TextArea autoSize={{ minRows: 2, maxRows: 6 }} />
        </Form.Item>
      ))}
      <Form.Item
        name="validation_status"
        label={t('selection.validation')}
        extra={t('selection.validationHint')}
      >
        <InputNumber min={0} max={1000} precision={0} />
      </Form.Item>
      <Form.Item name="max_stock" label={t('selection.maxStock')} extra={t('selection.maxStockHint')}>
        <InputNumber min={0} max={65_535} precision={0} />
      </Form.Item>
    </fieldset>
  )
}
