import { Form, InputNumber, Select, Space } from 'antd'
import { useTranslation } from 'react-i18next'

import type { Schemas } from '../../../api/client.ts'
import { useAccounts } from '../queries.ts'

type Changes = Schemas['ChangeOptions']

/** What may change of an offer, by the names of the change log. It does not compile with one that the API lacks. */
const FIELDS: readonly Changes['fields'][number][] = [
  'stock',
  'sale_price',
  'recommended_price',
  'min_sale_price',
  'max_sale_price',
  'currency',
  'sellable',
  'status',
  'lifecycle',
  'buy_button_rank',
  'best_offer_sale_price',
  'main_offer_price',
  'validation_status',
  'translation_validation_status',
  'offer_validation_status',
  'part_number',
  'part_number_key',
  'eans',
  'name',
  'brand',
  'category_id',
  'vat_id',
  'handling_time',
  'warranty',
]

/** Of which changes of offers a webhook is told, and how many at once. A selection that was set by the API is shown. */
export function ChangesFields({ selection }: { selection: Changes['selection'] }) {
  const { t } = useTranslation('settings')
  const accounts = (useAccounts().data ?? []).map((one) => ({
    value: one.account,
    label: one.account,
  }))
  const nameOf = (field: string): string =>
    field === 'lifecycle' || field === 'eans' ? t(`webhooks.changes.${field}`) : t(`common:fields.${field}`)
  return (
    <fieldset className="webhook-changes">
      <legend>{t('webhooks.changes.title')}</legend>
      <Form.Item name={['changes', 'accounts']} label={t('webhooks.changes.accounts')}>
        <Select mode="multiple" options={accounts} placeholder={t('webhooks.changes.allAccounts')} />
      </Form.Item>
      <Form.Item name={['changes', 'fields']} label={t('webhooks.changes.fields')}>
        <Select
          mode="multiple"
          optionFilterProp="label"
          options={FIELDS.map((field) => ({ value: field, label: nameOf(field) }))}
          placeholder={t('webhooks.changes.allFields')}
        />
      </Form.Item>
      {selection == null ? null : (
        <p className="muted">
          {t('webhooks.changes.selection')} <code>{JSON.stringify(selection)}</code>
        </p>
      )}
      <Space size="large" wrap>
        <Form.Item name={['changes', 'batch_size']} label={t('webhooks.changes.batchSize')}>
          <InputNumber min={1} max={1000} precision={0} />
        </Form.Item>
        <Form.Item name={['changes', 'wait_seconds']} label={t('webhooks.changes.waitSeconds')}>
          <InputNumber min={0} max={3600} precision={0} />
        </Form.Item>
      </Space>
    </fieldset>
  )
}
