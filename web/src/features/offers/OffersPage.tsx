import { Button, Grid } from 'antd'
import { lazy, Suspense, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { EmptyState, ErrorState, formatNumber, LoadingState, PageHeader } from '../../shared/index.ts'
import { ExportButton } from './export/ExportButton.tsx'
import { ColumnChoice } from './list/columns/ColumnChoice.tsx'
import type { ColumnKey } from './list/columns/keys.ts'
import { areUsual, chosenColumns } from './list/columns/order.ts'
import { OfferFilters } from './list/filters/OfferFilters.tsx'
import './offers.css'
import { OfferTable } from './list/OfferTable.tsx'
import { ListTabs } from './list/ListTabs.tsx'
import { usePreferColumns, usePreferredColumns } from './saved/queries.ts'
import { useCurrencies, useOffers } from './queries.ts'
import { useOfferView } from './useOfferView.ts'
import { filterCount } from './filters.ts'
import { WITHOUT_FILTERS, type OfferView, type ViewChange } from './view.ts'

const OfferDrawer = lazy(() => import('./detail/OfferDrawer.tsx'))

/** The local copy: searched, filtered and sorted by the server, a page at a time. */
export default function OffersPage() {
  const { t } = useTranslation('offers')
  const [view, ahead, change] = useOfferView()
  const found = useOffers(view)
  const currencies = useCurrencies(view.account)
  const narrow = Grid.useBreakpoint().md === false
  const preferred = usePreferredColumns()
  const { mutate: prefer } = usePreferColumns()
  // An address with columns, such as a colleague's, shows those; what is chosen here is kept, and takes their place.
  const columns = useMemo(() => chosenColumns(view.columns ?? preferred), [view.columns, preferred])
  const choose = (keys: readonly ColumnKey[]): void => {
    prefer(areUsual(keys) ? null : [...keys])
    if (view.columns !== null) change({ columns: null })
  }
  const total = found.data?.pagination.total
  const offers = total === undefined ? '' : t('count', { count: total, formatted: formatNumber(total) })

  return (
    <>
      <PageHeader
        title={t('title')}
        subtitle={<span aria-live="polite">{offers || t('subtitle')}</span>}
        actions={
          <>
            {narrow ? null : <ColumnChoice chosen={columns} onChange={choose} />}
            <ExportButton view={view} offers={offers} />
          </>
        }
      />
      <ListTabs view={ahead} onChange={change} narrow={narrow} />
      <OfferFilters view={ahead} onChange={change} narrow={narrow} />
      {found.error ? (
        <ErrorState error={found.error} onRetry={() => void found.refetch()} />
      ) : found.data === undefined ? (
        <LoadingState rows={14} />
      ) : found.data.pagination.total === 0 ? (
        <NothingFound view={view} onChange={change} />
      ) : (
        <>
          {found.data.grouped_by === 'currency' && view.currencies.length !== 1 && currencies.length > 1 ? (
            <p className="muted">{t('sort.withinCurrency')}</p>
          ) : null}
          <OfferTable
            offers={found.data.products}
            total={found.data.pagination.total}
            view={view}
            columns={columns}
            busy={found.isPlaceholderData}
            narrow={narrow}
            onChange={change}
          />
        </>
      )}
      {view.offer === null ? null : (
        <Suspense fallback={null}>
          <OfferDrawer id={view.offer} onClose={() => change({ offer: null })} />
        </Suspense>
      )}
    </>
  )
}

function NothingFound({ view, onChange }: { view: OfferView; onChange: (change: ViewChange) => void }) {
  const { t } = useTranslation('offers')
  if (view.search === '' && filterCount(view) === 0) {
    return (
      <EmptyState
        title={t('empty.noneTitle')}
        detail={t('empty.noneText')}
        action={<Link to="/sync">{t('empty.noneAction')}</Link>}
      />
    )
  }
  return (
    <EmptyState
      title={t('empty.filteredTitle')}
      detail={t('empty.filteredText')}
      action={<Button onClick={() => onChange(WITHOUT_FILTERS)}>{t('filters.reset')}</Button>}
    />
  )
}
