import { Alert, Form, InputNumber, Radio, Select, Space, Switch } from 'antd'
import { useTranslation } from 'react-i18next'

import { useEvery } from '../useEvery.ts'
import type { Draft } from './draft.ts'

const MODES: readonly Draft['mode'][] = ['preview', 'approval', 'direct']
const MISSING: readonly Draft['missing_means'][] = ['nothing', 'stock_0']
const MINUTES: readonly number[] = [15, 30, 60, 120, 360, 720, 1440]
const WHEN_ASKED = 0

/** The third step: when it is read, and what becomes of what it says. */
export function RulesStep({ draft }: { draft: Draft }) {
  const { t } = useTranslation('sources')
  return (
    <>
      {draft.kind === 'upload' ? null : <When minutes={draft.interval_minutes} />}
      <Form.Item name="mode" label={t('form.mode')}>
        <Choices of="modes" values={MODES} />
      </Form.Item>
      <Form.Item name="missing_means" label={t('form.missing')}>
        <Choices of="missing" values={MISSING} />
      </Form.Item>
      {draft.missing_means === 'stock_0' ? (
        <Alert className="form-alert" type="warning" showIcon title={t('form.missingWarning')} />
      ) : null}
      <Form.Item label={t('form.shrink')} htmlFor="most_shrink_percent" extra={t('form.shrinkHint')}>
        <Space.Compact>
          <Form.Item
            name="most_shrink_percent"
            noStyle
            rules={[{ required: true, message: t('form.required') }]}
          >
            <InputNumber min={0} max={100} precision={0} />
          </Form.Item>
          <Space.Addon>%</Space.Addon>
        </Space.Compact>
      </Form.Item>
      <Form.Item
        name="enabled"
        label={t('form.enabled')}
        extra={t('form.enabledHint')}
        valuePropName="checked"
      >
        <Switch />
      </Form.Item>
    </>
  )
}

function When({ minutes }: { minutes: number | null }) {
  const { t } = useTranslation('sources')
  const every = useEvery()
  const known = minutes === null || MINUTES.includes(minutes) ? MINUTES : [...MINUTES, minutes]
  return (
    <Form.Item
      name="interval_minutes"
      label={t('form.when')}
      getValueProps={(value: number | null) => ({ value: value ?? WHEN_ASKED })}
      normalize={(value: number) => (value === WHEN_ASKED ? null : value)}
    >
      <Select
        options={[
          ...known.map((value) => ({ value, label: every(value) })),
          { value: WHEN_ASKED, label: t('every.never') },
        ]}
      />
    </Form.Item>
  )
}

interface ChoicesProps {
  of: 'modes' | 'missing'
  values: readonly string[]
  value?: string
  onChange?: (value: string) => void
}

/** One of a few, each with what it comes to. */
function Choices({ of, values, value, onChange }: ChoicesProps) {
  const { t } = useTranslation('sources')
  return (
    <Radio.Group
      className="source-choices"
      value={value}
      onChange={(event) => onChange?.(event.target.value as string)}
    >
      {values.map((one) => (
        <Radio key={one} value={one}>
          <strong>{t(`${of}.${one}`)}</strong>
          <span className="muted source-choice-text">{t(`${of}Texts.${one}`)}</span>
        </Radio>
      ))}
    </Radio.Group>
  )
}
