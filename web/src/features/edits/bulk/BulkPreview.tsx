import { Alert, Button, Checkbox, Pagination } from 'antd'
import { useMemo, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { Badge, type Tone } from '../../../shared/Badge.tsx'
import { DataTable } from '../../../shared/DataTable.tsx'
import { formatNumber } from '../../../shared/index.ts'
import {
  EFFECTS,
  gravestFirst,
  outlookOf,
  type BulkData,
  type BulkOptions,
  type BulkRow,
  type Effect,
} from './bulk.ts'
import { Brakes } from './Brakes.tsx'
import { FileNote } from './FileNote.tsx'
import { FromTo } from '../cells.tsx'
import type { DecimalMark } from '../../../shared/numbers.ts'
import { useOfferNames } from '../../../shared/offer-names.ts'
import { useFieldWords } from '../useFieldWords.ts'

export const TONES: Record<Effect, Tone> = {
  error: 'bad',
  needs_confirmation: 'warning',
  ok: 'good',
  unchanged: 'plain',
}
const ROWS_A_PAGE = 50

interface Props {
  data: BulkData
  /** What it is about: a file, or the offers that were chosen. */
  subject: string
  busy: boolean
  onApply: (options: Omit<BulkOptions, 'preview'>) => void
  /** Has a file read again by who writes decimals so. */
  onDecimal?: (mark: DecimalMark) => void
  /** The way to the rows of a file that failed. */
  failed?: ReactNode
}

/** What every row of a list comes to, and applying it. */
export function BulkPreview({ data, subject, busy, onApply, onDecimal, failed }: Props) {
  const { t } = useTranslation('edits')
  const [page, setPage] = useState(1)
  const rows = useMemo(() => gravestFirst(data.rows), [data.rows])
  return (
    <section aria-label={t('bulk.result')}>
      <h2 className="bulk-title">
        {t(data.applied ? 'bulk.doneTitle' : 'bulk.previewTitle', { file: subject })}
      </h2>
      <p className="bulk-counts" aria-live="polite">
        {EFFECTS.filter((effect) => (data.counts[effect] ?? 0) > 0).map((effect) => (
          <Badge key={effect} tone={TONES[effect]}>
            {t(`bulk.effects.${effect}`)}: {formatNumber(data.counts[effect])}
          </Badge>
        ))}
      </p>
      {data.applied ? (
        <Alert
          type="success"
          showIcon
          title={t('bulk.applied', { count: data.kept })}
          description={<Link to="/edits/outbox">{t('bulk.toOutbox')}</Link>}
        />
      ) : (
        <>
          {data.file ? <FileNote file={data.file} onDecimal={onDecimal} /> : null}
          <Brakes brakes={data.brakes} />
          <Apply data={data} busy={busy} onApply={onApply} />
        </>
      )}
      {failed}
      <BulkRows rows={rows.slice((page - 1) * ROWS_A_PAGE, page * ROWS_A_PAGE)} />
      {rows.length > ROWS_A_PAGE ? (
        <Pagination
          align="end"
          current={page}
          pageSize={ROWS_A_PAGE}
          showSizeChanger={false}
          total={rows.length}
          onChange={setPage}
        />
      ) : null}
    </section>
  )
}

/** Applying needs a yes to what looks like a slip or is hidden, or leaves those rows out, like those that cannot be. */
function Apply({ data, busy, onApply }: Omit<Props, 'subject' | 'onDecimal' | 'failed'>) {
  const { t } = useTranslation('edits')
  const [confirm, setConfirm] = useState(false)
  const [includeHidden, setIncludeHidden] = useState(false)
  const [skip, setSkip] = useState(false)
  const { good, doubtful, hidden, waiting, wrong } = outlookOf(data, { confirm, includeHidden })
  const isBlocked = !skip && (wrong > 0 || waiting > 0)
  return (
    <div className="bulk-apply">
      {hidden > 0 ? (
        <Checkbox checked={includeHidden} onChange={(event) => setIncludeHidden(event.target.checked)}>
          {t('bulk.includeHidden')}
        </Checkbox>
      ) : null}
      {doubtful > 0 ? (
        <Checkbox checked={confirm} onChange={(event) => setConfirm(event.target.checked)}>
          {t('bulk.confirm', { count: doubtful })}
        </Checkbox>
      ) : null}
      {wrong + doubtful + hidden > 0 ? (
        <Checkbox checked={skip} onChange={(event) => setSkip(event.target.checked)}>
          {t('bulk.skip')}
        </Checkbox>
      ) : null}
      <Button
        type="primary"
        loading={busy}
        disabled={isBlocked || good === 0}
        onClick={() => onApply({ confirm, includeHidden, skipInvalid: skip, token: data.token })}
      >
        {t('bulk.apply', { count: good })}
      </Button>
    </div>
  )
}

const NAMING = new Set(['emag_id', 'part_number', 'part_number_key', 'eans', 'account', 'currency'])

/** What stood in the cells with values, and whether it was rounded or could have been another number. */
function Written({ cells }: { cells: BulkRow['cells'] }) {
  const { t } = useTranslation('edits')
  const values = (cells ?? []).filter(({ field }) => !NAMING.has(field))
  return values.map(({ place, text, notes }) => (
    <div key={place}>
      {place}: {text}
      {notes.includes('rounded') ? <span className="muted"> ({t('bulk.rounded')})</span> : null}
    </div>
  ))
}

function isOfKnownOffer(row: BulkRow): row is BulkRow & { emag_id: number } {
  return row.emag_id !== null && row.product_id !== null
}

export function BulkRows({ rows }: { rows: readonly BulkRow[] }) {
  const { t } = useTranslation('edits')
  const words = useFieldWords()
  const names = useOfferNames(rows.filter(isOfKnownOffer))
  return (
    <DataTable<BulkRow>
      label={t('bulk.rows')}
      rows={rows}
      rowKey={(row) => row.row}
      columns={[
        { key: 'row', title: t('bulk.row'), width: 70, align: 'end', render: (row) => row.row },
        {
          key: 'offer',
          title: t('columns.offer'),
          width: 170,
          render: (row) => {
            const told = [row.part_number, row.emag_id].filter(Boolean).join(' · ')
            const shown =
              row.product_id === null ? told : <Link to={`/offers?offer=${row.product_id}`}>{told}</Link>
            return (
              <>
                {row.name ? <div className="bulk-name">{row.name}</div> : null}
                {shown}
              </>
            )
          },
        },
        {
          key: 'effect',
          title: t('bulk.effect'),
          width: 170,
          render: (row) => <Badge tone={TONES[row.effect]}>{t(`bulk.effects.${row.effect}`)}</Badge>,
        },
        {
          key: 'changes',
          title: t('columns.change'),
          width: 290,
          render: (row) =>
            row.changes.map((change) => (
              <div key={`${change.field} ${change.warehouse_id}`}>
                <FromTo
                  field={change.field}
                  warehouse={change.warehouse_id}
                  from={change.old}
                  to={change.new}
                  account={row.account}
                  offer={row.emag_id === null ? undefined : names.get(`${row.account} ${row.emag_id}`)}
                />
              </div>
            )),
        },
        {
          key: 'cells',
          title: t('bulk.written'),
          width: 170,
          render: (row) => <Written cells={row.cells} />,
        },
        {
          key: 'why',
          title: t('bulk.why'),
          width: 290,
          render: (row) => (
            <span className="reason">
              {[...row.errors, ...row.doubts].map((one) => (
                <span key={`${one.field} ${one.code}`} className="reason-line">
                  {words.field(one.field)}: {words.objection(one)}
                </span>
              ))}
            </span>
          ),
        },
      ]}
    />
  )
}
