import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Flex, InputNumber, Select, Space } from 'antd'
import { useTranslation } from 'react-i18next'

import { useAccounts } from '../queries.ts'
import type { Rule, RuleKind } from './queries.ts'
import { KINDS, ofKind, rule } from './rules.ts'

interface Props {
  value?: Rule[]
  onChange?: (rules: Rule[]) => void
}

/** The rules of a recipient: what, of which account, beyond which threshold, and when. */
export function RulesField({ value = [], onChange }: Props) {
  const { t } = useTranslation('notifications')
  const replace = (place: number, changed: Rule): void =>
    onChange?.(value.map((one, index) => (index === place ? changed : one)))
  return (
    <Flex vertical gap="small">
      {value.map((one, index) => (
        <RuleRow
          // Rules have no name of their own; their place is what tells them apart.
          key={index}
          rule={one}
          onChange={(changed) => replace(index, changed)}
          onRemove={() => onChange?.(value.filter((_, place) => place !== index))}
        />
      ))}
      <div>
        <Button icon={<PlusOutlined aria-hidden />} onClick={() => onChange?.([...value, rule('stock')])}>
          {t('addRule')}
        </Button>
      </div>
    </Flex>
  )
}

interface RowProps {
  rule: Rule
  onChange: (rule: Rule) => void
  onRemove: () => void
}

function RuleRow({ rule: one, onChange, onRemove }: RowProps) {
  const { t } = useTranslation('notifications')
  const accounts = useAccounts().data ?? []
  const name = t(`kinds.${one.kind}`)
  return (
    <div className="notification-rule">
      <Select<RuleKind>
        aria-label={t('kind')}
        value={one.kind}
        popupMatchSelectWidth={false}
        onChange={(kind) => onChange(ofKind(one, kind))}
        options={KINDS.map((kind) => ({ value: kind, label: t(`kinds.${kind}`) }))}
      />
      {one.threshold == null ? null : (
        <Space.Compact>
          <InputNumber
            aria-label={t('threshold', { rule: name })}
            min={1}
            max={one.kind === 'price' ? 1000 : 1_000_000}
            precision={0}
            value={one.threshold}
            onChange={(threshold) => onChange({ ...one, threshold: threshold ?? 1 })}
          />
          <Space.Addon>{t(one.kind === 'price' ? 'percent' : 'pieces')}</Space.Addon>
        </Space.Compact>
      )}
      <Select
        aria-label={t('accountOf', { rule: name })}
        value={one.account ?? ''}
        popupMatchSelectWidth={false}
        onChange={(account) => onChange({ ...one, account: account === '' ? null : account })}
        options={[
          { value: '', label: t('allAccounts') },
          ...accounts.map((account) => ({ value: account.account, label: account.account })),
        ]}
      />
      <Select
        aria-label={t('timingOf', { rule: name })}
        value={one.timing ?? 'instant'}
        disabled={one.kind === 'summary'}
        onChange={(timing) => onChange({ ...one, timing })}
        options={(['instant', 'daily'] as const).map((timing) => ({
          value: timing,
          label: t(`timings.${timing}`),
        }))}
      />
      <Button
        type="text"
        icon={<DeleteOutlined aria-hidden />}
        aria-label={t('removeRule', { rule: name })}
        onClick={onRemove}
      />
    </div>
  )
}
