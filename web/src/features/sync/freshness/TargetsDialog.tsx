import { App, Button, InputNumber, Modal, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { ErrorState } from '../../../shared/states.tsx'
import { useSetTargets } from './queries.ts'
import {
  inSeconds,
  inUnits,
  meant,
  others,
  type Freshness,
  type Selection,
  type TargetSetting,
  type Unit,
} from './targets.ts'

interface Row {
  readonly key: number
  readonly selection: Selection
  readonly value: number
  readonly unit: Unit
}

const MOST_ROWS = 20
const LARGEST_STOCK = 65_535
const UNITS: readonly Unit[] = ['minutes', 'hours', 'days']

/** Which offers a row is for, as its first choice says; the stock is beside it. */
type Kind = 'any' | 'active' | 'inactive' | 'end_of_life' | 'sellable' | 'notSellable'
const KINDS: readonly Kind[] = ['any', 'active', 'inactive', 'end_of_life', 'sellable', 'notSellable']

function kindOf({ status, sellable }: Selection): Kind {
  if (typeof sellable === 'boolean') return sellable ? 'sellable' : 'notSellable'
  return status?.[0] ?? 'any'
}

function withKind(selection: Selection, kind: Kind): Selection {
  const rest = { ...selection }
  delete rest.status
  delete rest.sellable
  if (kind === 'any') return rest
  if (kind === 'sellable' || kind === 'notSellable') return { ...rest, sellable: kind === 'sellable' }
  return { ...rest, status: [kind] }
}

function rowsOf(found: Freshness): Row[] {
  return found.targets.map((target, key) => ({
    key,
    selection: meant(target.selection),
    ...inUnits(target.max_age_seconds),
  }))
}

function settingsOf(rows: readonly Row[]): TargetSetting[] {
  return rows.map(({ selection, value, unit }) => ({ selection, max_age_seconds: inSeconds(value, unit) }))
}

/** Edits an account's freshness targets, all of them at once. */
export default function TargetsDialog({ found, onClose }: { found: Freshness; onClose: () => void }) {
  const { t } = useTranslation('sync')
  const { message } = App.useApp()
  const [rows, setRows] = useState(() => rowsOf(found))
  const save = useSetTargets(found.account)
  const replace = (row: Row) => setRows(rows.map((one) => (one.key === row.key ? row : one)))
  const add = () => {
    const key = Math.max(-1, ...rows.map((row) => row.key)) + 1
    setRows([...rows, { key, selection: {}, value: 1, unit: 'days' }])
  }
  const send = (targets: TargetSetting[]) =>
    save.mutate(targets, {
      onSuccess: () => {
        void message.success(t('freshness.saved'))
        onClose()
      },
    })
  return (
    <Modal
      open
      width={760}
      title={t('freshness.of', { account: found.account })}
      okText={t('freshness.save')}
      okButtonProps={{ disabled: rows.length === 0 }}
      cancelText={t('common:cancel')}
      confirmLoading={save.isPending}
      onOk={() => send(settingsOf(rows))}
      onCancel={onClose}
    >
      <p>{t('freshness.explain')}</p>
      {rows.map((row, place) => (
        <TargetRow
          key={row.key}
          row={row}
          place={place + 1}
          onChange={replace}
          onRemove={() => setRows(rows.filter((one) => one !== row))}
        />
      ))}
      <p className="freshness-buttons">
        <Button disabled={rows.length >= MOST_ROWS} onClick={add}>
          {t('freshness.add')}
        </Button>
        {found.is_default ? null : (
          <Button type="link" onClick={() => send([])}>
            {t('freshness.reset')}
          </Button>
        )}
      </p>
      {save.error ? <ErrorState error={save.error} /> : null}
    </Modal>
  )
}

function TargetRow({
  row,
  place,
  onChange,
  onRemove,
}: {
  row: Row
  place: number
  onChange: (row: Row) => void
  onRemove: () => void
}) {
  const { t } = useTranslation('sync')
  const { stock_max: stock, ...withoutStock } = row.selection
  const elsewhere = others(row.selection)
  return (
    <div className="freshness-row" role="group" aria-label={t('freshness.row', { place })}>
      <Select
        aria-label={t('freshness.offers')}
        value={kindOf(row.selection)}
        options={KINDS.map((kind) => ({ value: kind, label: t(`freshness.kinds.${kind}`) }))}
        onChange={(kind) => onChange({ ...row, selection: withKind(row.selection, kind) })}
      />
      <label>
        {t('freshness.stockLabel')}{' '}
        <InputNumber
          min={0}
          max={LARGEST_STOCK}
          precision={0}
          placeholder={t('freshness.anyStock')}
          value={stock ?? null}
          onChange={(value) =>
            onChange({
              ...row,
              selection: value === null ? withoutStock : { ...withoutStock, stock_max: value },
            })
          }
        />
      </label>
      <label>
        {t('freshness.atMost')}{' '}
        <InputNumber
          min={1}
          max={1000}
          precision={0}
          value={row.value}
          onChange={(value) => onChange({ ...row, value: value ?? 1 })}
        />
      </label>
      <Select
        aria-label={t('freshness.unit')}
        value={row.unit}
        options={UNITS.map((unit) => ({ value: unit, label: t(`freshness.units.${unit}`) }))}
        onChange={(unit) => onChange({ ...row, unit })}
      />
      <Button type="link" aria-label={t('freshness.removeRow', { place })} onClick={onRemove}>
        {t('freshness.remove')}
      </Button>
      {elsewhere.length > 0 ? <span className="muted">{elsewhere.join(', ')}</span> : null}
    </div>
  )
}
