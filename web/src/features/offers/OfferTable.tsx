import { Pagination } from 'antd'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

import { DataTable } from '../../shared/DataTable.tsx'
import { formatNumber } from '../../shared/index.ts'
import { columnsOf, type ColumnKey } from './columns.tsx'
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

/** One page of the selection: a table, or cards where there is no room for one. */
export function OfferTable({ offers, total, view, columns, busy, narrow, onChange }: Props) {
  const { t, i18n } = useTranslation('offers')
  const shownColumns = useMemo(
    () => columnsOf(columns, view, t),
    // The texts of the cells are those of the language.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [columns, view, t, i18n.language],
  )
  const sort = ({ key, descending }: { key: string; descending: boolean }): void => {
    const known = SORT_KEYS.find((name) => name === key)
    if (known !== undefined) onChange({ sort: known, descending })
  }
  return (
    <div aria-busy={busy} className={busy ? 'offers-list is-busy' : 'offers-list'}>
      {narrow ? (
        <OfferCards offers={offers} view={view} />
      ) : (
        <DataTable<Product>
          label={t('title')}
          columns={shownColumns}
          rows={offers}
          rowKey={(offer) => offer.id}
          sort={{ key: view.sort, descending: view.descending }}
          onSort={sort}
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
