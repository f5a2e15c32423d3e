import { Pagination } from 'antd'
import { useMemo, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { DataTable, type Column } from '../../../shared/DataTable.tsx'
import { formatNumber, useRole } from '../../../shared/index.ts'
import { SelectBox, OfferBox, type Choosing } from './SelectBox.tsx'
import { SelectionBar } from './SelectionBar.tsx'
import { isSelected, pageToggled, toggled } from './selection.ts'
import { columnsOf } from './columns/columns.tsx'
import type { ColumnKey } from './columns/keys.ts'
import { OfferCards } from './OfferCards.tsx'
import type { Product } from '../queries.ts'
import { useOfferSelection } from './useOfferSelection.ts'
import { PAGE_SIZES, SORT_KEYS, type OfferView, type ViewChange } from '../view.ts'

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
  const { can } = useRole()
  const [selection, choose] = useOfferSelection(view)
  const isWhole = offers.every(({ id }) => isSelected(selection, id))
  const choosing = can('operator')
    ? {
        has: (offer: Product) => isSelected(selection, offer.id),
        label: (offer: Product) => t('selection.one', { offer: offer.part_number ?? offer.emag_id }),
        toggle: (offer: Product) => choose(toggled(selection, offer, offers)),
      }
    : null
  const pageBox = (
    <SelectBox
      label={t('selection.page')}
      checked={isWhole}
      partly={offers.some(({ id }) => isSelected(selection, id))}
      onToggle={() => choose(pageToggled(selection, offers))}
    />
  )
  const sort = ({ key, descending }: { key: string; descending: boolean }): void => {
    const known = SORT_KEYS.find((name) => name === key)
    if (known !== undefined) onChange({ sort: known, descending })
  }
  return (
    <div aria-busy={busy} className={busy ? 'offers-list is-busy' : 'offers-list'}>
      {choosing && narrow ? (
        <p className="choose-page">
          {pageBox} {t('selection.page')}
        </p>
      ) : null}
      {choosing ? (
        <SelectionBar selection={selection} page={offers} total={total} view={view} onChoose={choose} />
      ) : null}
      {narrow ? (
        <OfferCards offers={offers} view={view} choosing={choosing} />
      ) : (
        <DataTable<Product>
          label={t('title')}
          columns={choosing ? [chooseColumn(choosing, pageBox), ...shownColumns] : shownColumns}
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

function chooseColumn(choosing: Choosing, title: ReactNode): Column<Product> {
  return {
    key: 'choose',
    title,
    width: 44,
    narrow: 'bare',
    render: (offer) => <OfferBox offer={offer} choosing={choosing} />,
  }
}
