import { Button, Drawer, Form, InputNumber, Radio, Switch } from 'antd'
import { useTranslation } from 'react-i18next'

import { ErrorState } from '../../../shared/states.tsx'
import { DEFAULTS, hasSelection, requestOf, type Options } from './options.ts'
import { useStartSync } from '../queries.ts'
import { compareAccounts } from '../runs.ts'
import { SelectionFields } from './SelectionFields.tsx'

interface Props {
  usable: readonly string[]
  busy: readonly string[]
  onClose: () => void
}

const MODES = ['incremental', 'full', 'selective'] as const
const STRATEGIES = ['emag_priority', 'local_priority', 'newest_wins', 'manual'] as const

function accountsToChoose(usable: readonly string[]): string[] {
  const single = [...usable].sort(compareAccounts)
  if (usable.length < 2) return single
  const isUsual = ['main', 'fbe'].every((name) => usable.includes(name))
  return [...(isUsual ? ['both'] : []), ...(isUsual && usable.length === 2 ? [] : ['all']), ...single]
}

/** A sync with every option there is, each explained. */
export default function OptionsDrawer({ usable, busy, onClose }: Props) {
  const { t } = useTranslation('sync')
  const [form] = Form.useForm<Options>()
  const start = useStartSync()
  const mode = Form.useWatch('mode', form) ?? DEFAULTS.mode
  const isDry = Form.useWatch('dry_run', form) ?? false
  const accounts = accountsToChoose(usable)
  // Fields of the selection are there for a selective sync only.
  const send = (options: Options) =>
    start.mutate(requestOf({ ...DEFAULTS, ...options }), { onSuccess: onClose })
  return (
    <Drawer
      open
      title={t('options.title')}
      size={560}
      onClose={onClose}
      footer={
        <div className="drawer-foot">
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button type="primary" loading={start.isPending} onClick={form.submit}>
            {t(isDry ? 'options.startDry' : 'options.start')}
          </Button>
        </div>
      }
    >
      <Form<Options>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ ...DEFAULTS, account: accounts[0] }}
        onFinish={send}
        scrollToFirstError
      >
        {start.error ? <ErrorState error={start.error} /> : null}
        <Form.Item name="account" label={t('options.account')} extra={t('options.accountHint')}>
          <Radio.Group
            options={accounts.map((value) => ({
              value,
              label: value === 'both' || value === 'all' ? t(`options.${value}`) : value,
              disabled: busy.includes(value),
            }))}
          />
        </Form.Item>
        <Form.Item name="mode" label={t('options.mode')} extra={t(`options.modeHint.${mode}`)}>
          <Radio.Group
            optionType="button"
            options={MODES.map((value) => ({ value, label: t(`mode.${value}`) }))}
          />
        </Form.Item>
        {mode === 'selective' ? <SelectionFields /> : null}
        <Form.Item
          name="dry_run"
          valuePropName="checked"
          label={t('options.dryRun')}
          extra={t('options.dryRunHint')}
        >
          <Switch />
        </Form.Item>
        <Form.Item
          name="include_inactive"
          valuePropName="checked"
          label={t('options.inactive')}
          extra={t('options.inactiveHint')}
        >
          <Switch />
        </Form.Item>
        <Form.Item
          name="skip_busy"
          valuePropName="checked"
          label={t('options.skipBusy')}
          extra={t('options.skipBusyHint')}
        >
          <Switch />
        </Form.Item>
        <Form.Item name="max_pages" label={t('options.maxPages')} extra={t('options.maxPagesHint')}>
          <InputNumber min={1} max={1_000_000} precision={0} />
        </Form.Item>
        <Form.Item name="items_per_page" label={t('options.perPage')} extra={t('options.perPageHint')}>
          <InputNumber min={1} max={100} precision={0} />
        </Form.Item>
        <Form.Item name="timeout_minutes" label={t('options.timeout')} extra={t('options.timeoutHint')}>
          <InputNumber min={1} max={1440} precision={0} />
        </Form.Item>
        <Form.Item name="conflict_strategy" label={t('options.conflict')} extra={t('options.conflictHint')}>
          <Radio.Group
            className="radio-lines"
            options={STRATEGIES.map((value) => ({ value, label: t(`strategy.${value}`) }))}
          />
        </Form.Item>
        {mode === 'selective' ? (
          <Form.Item
            name="selection"
            dependencies={['ids', 'part_numbers', 'part_number_keys', 'validation_status', 'max_stock']}
            rules={[
              {
                validator: () =>
                  hasSelection({ ...DEFAULTS, ...(form.getFieldsValue(true) as Options) })
                    ? Promise.resolve()
                    : Promise.reject(new Error(t('options.selectSomething'))),
              },
            ]}
          >
            <span />
          </Form.Item>
        ) : null}
      </Form>
    </Drawer>
  )
}
