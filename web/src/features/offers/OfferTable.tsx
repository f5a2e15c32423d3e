import { Pagination } from 'antd'
import { useMemo, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { DataTable, type Column } from '../../shared/DataTable.tsx'
import { formatNumber, useRole } from '../../shared/index.ts'
import { ChooseBox, OfferBox, type Choosing } from './ChooseBox.tsx'
import { ChosenBar } from './ChosenBar.tsx'
import { isChosen, pageToggled, toggled } from './chosen.ts'
import { columnsOf, type ColumnKey } from './columns.tsx'
import { OfferCards } from './OfferCards.tsx'
import type { Product } from './queries.ts'
import { useChosen } from './useChosen.ts'
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
  const { can } = useRole()
  const [chosen, choose] = useChosen(view)
  const isWhole = offers.every(({ id }) => isChosen(chosen, id))
  const choosing = can('operator')
    ? {
        has: (offer: Product) => isChosen(chosen, offer.id),
        label: (offer: Product) => t('chosen.one', { offer: offer.sku ?? offer.emag_id }),
        toggle: (offer: Product) => choose(toggled(chosen, offer, offers)),
      }
    : null
  const pageBox = (
    <ChooseBox
      label={t('chosen.page')}
      checked={isWhole}
      partly={offers.some(({ id }) => isChosen(chosen, id))}
      onToggle={() => choose(pageToggled(chosen, offers))}
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
          {pageBox} {t('chosen.page')}
        </p>
      ) : null}
      {choosing ? (
        <ChosenBar chosen={chosen} page={offers} total={total} view={view} onChoose={choose} />
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
