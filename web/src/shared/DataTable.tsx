import type { ReactNode } from 'react'

import './data-table.css'
import { openRow } from './rows.ts'

export interface Column<Row> {
  key: string
  title: ReactNode
  /** In pixels, where there is room; no column becomes narrower than its longest word. */
  width: number
  align?: 'start' | 'end'
  /** Is not broken into lines: a date, a number. What is aligned at the end is not either. */
  nowrap?: boolean
  /** Where rows are cards, on a phone: left out, or without its title beside it. */
  narrow?: 'hidden' | 'bare'
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

/**
 * A table as HTML has it: light enough for the pages that are opened first. Nothing in it is cut off: texts take as many
 * lines as they need, and where there still is no room it scrolls; on a phone its rows are cards. A row is opened by its
 * first link, by a click or by keys (rows.ts).
 */
export function DataTable<Row>({ label, columns, rows, rowKey, sort, onSort }: Props<Row>) {
  return (
    // The keyboard must be able to scroll it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="data-table-frame" role="region" aria-label={label} tabIndex={0}>
      <table className="data-table">
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
            // The keyboard has its own way to open a row (rows.ts).

            <tr
              key={rowKey(row)}
              data-row
              tabIndex={-1}
              onClick={(event) => openRow(event.currentTarget, event.target)}
            >
              {columns.map((column) => (
                <td
                  key={column.key}
                  className={classOf(column)}
                  data-label={typeof column.title === 'string' ? column.title : undefined}
                >
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

function classOf<Row>({ align, narrow, nowrap }: Column<Row>): string | undefined {
  const names = [
    align === 'end' ? 'at-end' : null,
    nowrap ? 'nowrap' : null,
    narrow ? `narrow-${narrow}` : null,
  ].filter(Boolean)
  return names.length > 0 ? names.join(' ') : undefined
}

type HeadProps<Row> = Pick<Props<Row>, 'sort' | 'onSort'> & { column: Column<Row> }

function Head<Row>({ column, sort, onSort }: HeadProps<Row>) {
  const className = classOf(column)
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
        {column.title}
        {'\u00a0'}
        <span aria-hidden>{order === undefined ? '↕' : order === 'ascending' ? '↑' : '↓'}</span>
      </button>
    </th>
  )
}
