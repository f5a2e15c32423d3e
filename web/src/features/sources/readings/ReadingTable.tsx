import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'react-router'

import { DataTable, type Column } from '../../../shared/DataTable.tsx'
import { EmptyState, ErrorState, formatDate, formatNumber, LoadingState } from '../../../shared/index.ts'
import { useReadings, type Reading } from '../queries.ts'
import { ReadingResult } from './ReadingResult.tsx'

interface Props {
  /** Null: the readings of all sources. */
  sourceId: string | null
  /** What sources are called, where their readings are in one list. */
  names: ReadonlyMap<string, string> | null
}

/** Readings, newest first; each opens by an address of its own. */
export function ReadingTable({ sourceId, names }: Props) {
  const { t } = useTranslation('sources')
  const found = useReadings(sourceId)
  const rows = found.data?.pages.flatMap((page) => page.readings)
  if (rows === undefined) {
    return found.error ? (
      <ErrorState error={found.error} onRetry={() => void found.refetch()} />
    ) : (
      <LoadingState />
    )
  }
  if (rows.length === 0) return <EmptyState title={t('readings.none')} detail={t('readings.noneText')} />
  const source: Column<Reading>[] =
    names === null
      ? []
      : [
          {
            key: 'source',
            title: t('columns.name'),
            width: 180,
            render: (reading) => names.get(reading.source_id) ?? '–',
          },
        ]
  return (
    <>
      <DataTable<Reading>
        label={t('readings.title')}
        rows={rows}
        rowKey={(reading) => reading.id}
        columns={[
          {
            key: 'at',
            title: t('columns.at'),
            width: 170,
            render: (reading) => <ReadingLink reading={reading} />,
          },
          ...source,
          {
            key: 'result',
            title: t('columns.result'),
            width: 380,
            render: (reading) => <ReadingResult reading={reading} />,
          },
          {
            key: 'rows',
            title: t('columns.rows'),
            width: 90,
            align: 'end',
            render: (reading) => (reading.counts.rows ? formatNumber(reading.counts.rows) : '–'),
          },
          { key: 'by', title: t('columns.by'), width: 170, render: (reading) => <By reading={reading} /> },
        ]}
      />
      {found.hasNextPage ? (
        <p>
          <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t('readings.older')}
          </Button>
        </p>
      ) : null}
    </>
  )
}

function ReadingLink({ reading }: { reading: Reading }) {
  const { pathname } = useLocation()
  return (
    <Link to={`${pathname}?source=${reading.source_id}&reading=${reading.id}`}>
      {formatDate(reading.started_at)}
    </Link>
  )
}

/** Who had it read, and how. */
export function By({ reading }: { reading: Reading }) {
  const { t } = useTranslation('sources')
  return t(`triggers.${reading.trigger}`, { name: reading.started_by })
}
