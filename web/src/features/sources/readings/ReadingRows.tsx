import { Button, Segmented } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { Badge } from '../../../shared/Badge.tsx'
import { DataTable } from '../../../shared/DataTable.tsx'
import { keyOf, useOfferNames } from '../../../shared/offer-names.ts'
import { EmptyState, ErrorState, LoadingState } from '../../../shared/index.ts'
import { FromTo } from '../../edits/cells.tsx'
import { useFieldWords } from '../../edits/useFieldWords.ts'
import { useReadingRows, type Reading, type ReadingRow, type RowKind } from '../queries.ts'
import { kindsOf, ROW_TONES } from './outcome.ts'

const ALL = 'all'

/** The rows that change something, or that could not be used, each with its cell. */
export function ReadingRows({ reading }: { reading: Reading }) {
  const { t } = useTranslation('sources')
  const [kind, setKind] = useState<RowKind | typeof ALL>(ALL)
  const kinds = kindsOf(reading)
  const found = useReadingRows(
    { sourceId: reading.source_id, readingId: reading.id },
    kind === ALL ? null : kind,
  )
  if (kinds.length === 0) return null
  const rows = found.data?.pages.flatMap((page) => page.rows)
  return (
    <section aria-label={t('rows.title')}>
      <h3 className="source-title">{t('rows.title')}</h3>
      {kinds.length > 1 ? (
        <p>
          <Segmented
            className="reading-kinds"
            aria-label={t('rows.kinds')}
            value={kind}
            onChange={setKind}
            options={[
              { value: ALL, label: t('rows.all') },
              ...kinds.map((one) => ({
                value: one.kind,
                label: t(`kindCounts.${one.kind}`, { count: one.count }),
              })),
            ]}
          />
        </p>
      ) : null}
      {rows === undefined ? (
        found.error ? (
          <ErrorState error={found.error} onRetry={() => void found.refetch()} />
        ) : (
          <LoadingState />
        )
      ) : rows.length === 0 ? (
        <EmptyState title={t('rows.none')} />
      ) : (
        <Rows rows={rows} />
      )}
      {found.hasNextPage ? (
        <p>
          <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t('rows.more')}
          </Button>
        </p>
      ) : null}
    </section>
  )
}

function isOfKnownOffer(row: ReadingRow): row is ReadingRow & { emag_id: number } {
  return row.emag_id !== null && row.product_id !== null
}

function Rows({ rows }: { rows: readonly ReadingRow[] }) {
  const { t } = useTranslation('sources')
  const names = useOfferNames(rows.filter(isOfKnownOffer))
  return (
    <DataTable<ReadingRow>
      label={t('rows.title')}
      rows={rows}
      rowKey={(row) => row.position}
      columns={[
        {
          key: 'row',
          title: t('rows.row'),
          width: 80,
          align: 'end',
          render: (row) => row.row ?? t('rows.notThere'),
        },
        { key: 'offer', title: t('rows.offer'), width: 230, render: (row) => <Offer row={row} /> },
        {
          key: 'kind',
          title: t('rows.comesTo'),
          width: 120,
          render: (row) => <Badge tone={ROW_TONES[row.kind]}>{t(`rowKinds.${row.kind}`)}</Badge>,
        },
        {
          key: 'what',
          title: t('rows.what'),
          width: 360,
          render: (row) => (
            <>
              {row.changes.map((change) => (
                <div key={`${change.field} ${change.warehouse_id ?? ''}`}>
                  <FromTo
                    field={change.field}
                    warehouse={change.warehouse_id}
                    from={change.old}
                    to={change.new}
                    kind={change.kind}
                    account={row.account}
                    offer={
                      row.emag_id === null
                        ? undefined
                        : names.get(keyOf({ account: row.account, emag_id: row.emag_id }))
                    }
                  />
                </div>
              ))}
              <Problems row={row} />
            </>
          ),
        },
      ]}
    />
  )
}

function Offer({ row }: { row: ReadingRow }) {
  if (row.product_id === null) return <span className="address">{row.named ?? '–'}</span>
  return (
    <>
      <Link to={`/offers?offer=${row.product_id}`}>{row.name ?? row.named}</Link>
      <span className="muted source-line address">{row.named}</span>
    </>
  )
}

/** What is wrong with a row, each with the cell in which it stands. */
function Problems({ row }: { row: ReadingRow }) {
  const { t } = useTranslation('sources')
  const words = useFieldWords()
  if (row.problems.length === 0) return null
  return (
    <ul className="reading-problems">
      {row.problems.map((problem) => (
        <li key={`${problem.place ?? ''} ${problem.field} ${problem.code}`}>
          {problem.place === null ? null : (
            <strong className="address">{t('rows.cell', { place: problem.place })} </strong>
          )}
          {words.objection({ ...problem, values: problem.values ?? {} })}
        </li>
      ))}
    </ul>
  )
}
