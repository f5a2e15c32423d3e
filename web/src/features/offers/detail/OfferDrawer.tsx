import { Drawer, Tabs } from 'antd'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'

import { isApiError } from '../../../api/client.ts'
import { EmptyState, ErrorState, LoadingState, useRole, useUrlState } from '../../../shared/index.ts'
import { PendingBadge } from '../../edits/offer/PendingBadge.tsx'
import { SellableBadge, StatusBadge } from '../badges.tsx'
import { ChangesTab } from './ChangesTab.tsx'
import { FieldsTab } from './FieldsTab.tsx'
import { shopAddress } from './links.ts'
import { OverviewTab } from './OverviewTab.tsx'
import { PayloadTab } from './PayloadTab.tsx'
import { useOffer, usePlatforms, type ProductDetail } from '../queries.ts'
import { Thumbnail } from '../list/Thumbnail.tsx'

const EditTab = lazy(() => import('../../edits/offer/EditTab.tsx'))
const HistoryTab = lazy(() => import('./HistoryTab.tsx'))

// The part of the drawer that is open stands in the address: a chart can be shared.
const FIRST_TAB = { tab: 'overview' }

/** Everything about one offer. */
export default function OfferDrawer({ id, onClose }: { id: number; onClose: () => void }) {
  const { t } = useTranslation('offers')
  const { data: offer, error, refetch } = useOffer(id)
  return (
    <Drawer
      open
      onClose={onClose}
      size={760}
      title={offer?.name ?? (error ? t('detail.notFoundTitle') : t('detail.loading'))}
      styles={{ wrapper: { maxWidth: '100vw' } }}
    >
      {offer ? <Offer offer={offer} /> : <NotYet error={error} onRetry={() => void refetch()} />}
    </Drawer>
  )
}

function NotYet({ error, onRetry }: { error: Error | null; onRetry: () => void }) {
  const { t } = useTranslation('offers')
  if (error === null) return <LoadingState rows={12} />
  if (isApiError(error) && (error.status === 404 || error.status === 422)) {
    return <EmptyState title={t('detail.notFoundTitle')} detail={t('detail.notFoundText')} />
  }
  return <ErrorState error={error} onRetry={onRetry} />
}

function Offer({ offer }: { offer: ProductDetail }) {
  const { t } = useTranslation('offers')
  const { can } = useRole()
  const [{ tab }, setTab] = useUrlState(FIRST_TAB)
  const mayEdit = can('operator') && offer.removed_at === null
  const address = shopAddress(usePlatforms().data?.get(offer.account), offer.part_number_key)
  return (
    <>
      <div className="offer-title">
        <Thumbnail address={offer.main_image} size={96} />
        <div>
          <p className="muted">
            {[offer.part_number, offer.part_number_key, offer.brand, offer.account]
              .filter(Boolean)
              .join(' · ')}
          </p>
          <p className="offer-card-badges">
            <StatusBadge offer={offer} />
            <SellableBadge sellable={offer.sellable} />
            <PendingBadge offer={offer} />
          </p>
          {address === null ? null : (
            <p>
              <a href={address} target="_blank" rel="noreferrer">
                {t('detail.onEmag')}
              </a>
            </p>
          )}
        </div>
      </div>
      <Tabs
        activeKey={tab}
        onChange={(key) => setTab({ tab: key })}
        items={[
          { key: 'overview', label: t('detail.tabs.overview'), children: <OverviewTab offer={offer} /> },
          ...(mayEdit
            ? [
                {
                  key: 'edit',
                  label: t('detail.tabs.edit'),
                  children: (
                    <Suspense fallback={<LoadingState rows={10} />}>
                      <EditTab offer={offer} />
                    </Suspense>
                  ),
                },
              ]
            : []),
          { key: 'fields', label: t('detail.tabs.fields'), children: <FieldsTab offer={offer} /> },
          {
            key: 'history',
            label: t('detail.tabs.history'),
            children: (
              <Suspense fallback={<LoadingState rows={10} />}>
                <HistoryTab offer={offer} />
              </Suspense>
            ),
          },
          { key: 'changes', label: t('detail.tabs.changes'), children: <ChangesTab offer={offer} /> },
          { key: 'payload', label: t('detail.tabs.payload'), children: <PayloadTab offer={offer} /> },
        ]}
      />
    </>
  )
}
