import type { ReactNode } from 'react'

import './data-table.css'

export interface Column<Row> {
  key: string
  title: ReactNode
  /** In pixels. */
  width: number
  align?: 'start' | 'end'
  /** By which name the rows are sorted by it; without one they are not. */
  sortKey?: string
  render: (row: Row) => ReactNode
}

interface Props<Row> {
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string | number
  sort?: { key: string; descending: boolean }
  onSort?: (sort: { key: string; descending: boolean }) => void
}

/** A table as HTML has it: light enough for the pages that are opened first. It scrolls where there is no room. */
export function DataTable<Row>({ label, columns, rows, rowKey, sort, onSort }: Props<Row>) {
  const width = columns.reduce((sum, column) => sum + column.width, 0)
  return (
    // The keyboard must be able to scroll it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="data-table-frame" role="region" aria-label={label} tabIndex={0}>
      <table className="data-table" style={{ minWidth: width }}>
        <colgroup>
          {columns.map((column) => (
            <col key={column.key} style={{ width: column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.key} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) => (
                <td key={column.key} className={column.align === 'end' ? 'at-end' : undefined}>
                  {column.render(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

type HeadProps<Row> = Pick<Props<Row>, 'sort' | 'onSort'> & { column: Column<Row> }

function Head<Row>({ column, sort, onSort }: HeadProps<Row>) {
  const className = column.align === 'end' ? 'at-end' : undefined
  const { sortKey } = column
  if (sortKey === undefined || onSort === undefined) {
    return (
      <th scope="col" className={className}>
        {column.title}
      </th>
    )
  }
  const isSorted = sort?.key === sortKey
  const order = isSorted ? (sort.descending ? 'descending' : 'ascending') : undefined
  return (
    <th scope="col" className={className} aria-sort={order}>
      <button
        type="button"
        className="sort-button"
        onClick={() => onSort({ key: sortKey, descending: isSorted && !sort.descending })}
      >
        {column.title}{' '}
        <span aria-hidden>{order === undefined ? '↕' : order === 'ascending' ? '↑' : '↓'}</span>
      </button>
    </th>
  )
}
