import { Pagination, Table, type TableProps } from 'antd'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

import { formatNumber } from '../../shared/index.ts'
import { columnsOf, widthOf, type ColumnKey } from './columns.tsx'
import { OfferCards } from './OfferCards.tsx'
import type { Product } from './queries.ts'
import { PAGE_SIZES, SORT_KEYS, type OfferView, type ViewChange } from './view.ts'

interface Props {
  offers: Product[]
  total: number
  view: OfferView
  columns: readonly ColumnKey[]
  busy: boolean
  narrow: boolean
  onChange: (change: ViewChange) => void
}

type Change = NonNullable<TableProps<Product>['onChange']>

/** One page of the selection: a table, or cards where there is no room for one. */
export function OfferTable({ offers, total, view, columns, busy, narrow, onChange }: Props) {
  const { t, i18n } = useTranslation('offers')
  const shownColumns = useMemo(
    () => columnsOf(columns, view, t),
    // The texts of the cells are those of the language.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [columns, view, t, i18n.language],
  )
  const sort: Change = (_pages, _filters, sorter) => {
    const one = Array.isArray(sorter) ? sorter[0] : sorter
    const key = one?.columnKey === 'account_type' ? 'account' : one?.columnKey
    const found = SORT_KEYS.find((known) => known === key)
    if (found === undefined || !one?.order) onChange({ sort: 'account', descending: false })
    else onChange({ sort: found, descending: one.order === 'descend' })
  }
  return (
    <div aria-busy={busy} className={busy ? 'offers-list is-busy' : 'offers-list'}>
      {narrow ? (
        <OfferCards offers={offers} view={view} />
      ) : (
        <Table<Product>
          rowKey="id"
          size="small"
          tableLayout="fixed"
          columns={shownColumns}
          dataSource={offers}
          pagination={false}
          showSorterTooltip={false}
          scroll={{ x: widthOf(columns) }}
          onChange={sort}
        />
      )}
      <Pagination
        className="offers-pages"
        align="end"
        current={view.page}
        pageSize={view.size}
        pageSizeOptions={[...PAGE_SIZES]}
        total={total}
        showSizeChanger={!narrow}
        showLessItems={narrow}
        showTotal={(all, [from, to]) =>
          t('pagination.range', { from: formatNumber(from), to: formatNumber(to), total: formatNumber(all) })
        }
        onChange={(page, size) => {
          const known = PAGE_SIZES.find((one) => one === size) ?? 50
          onChange(known === view.size ? { page } : { size: known })
        }}
      />
    </div>
  )
}
