import { Button } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { DataTable, type Column } from '../../../shared/DataTable.tsx'
import { EmptyState, ErrorState, LoadingState } from '../../../shared/index.ts'

interface Found {
  data: unknown
  error: Error | null
  refetch: () => unknown
  hasNextPage: boolean
  isFetchingNextPage: boolean
  fetchNextPage: () => unknown
}

interface Props<Row> {
  label: string
  found: Found
  rows: readonly Row[]
  columns: readonly Column<Row>[]
  rowKey: (row: Row) => string | number
  /** What is said where there is nothing. */
  none: { title: string; detail?: ReactNode; action?: ReactNode }
  /** What stands between the filters and the rows, once there are any. */
  children?: ReactNode
}

/** A list, newest first, a stretch at a time. */
export function Log<Row>({ label, found, rows, columns, rowKey, none, children }: Props<Row>) {
  const { t } = useTranslation('edits')
  if (found.error && found.data === undefined)
    return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  if (found.data === undefined) return <LoadingState />
  if (rows.length === 0) return <EmptyState {...none} />
  return (
    <>
      {children}
      <DataTable<Row> label={label} columns={columns} rows={rows} rowKey={rowKey} />
      {found.hasNextPage ? (
        <p>
          <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t('older')}
          </Button>
        </p>
      ) : null}
    </>
  )
}
