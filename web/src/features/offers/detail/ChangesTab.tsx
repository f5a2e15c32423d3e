import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { DataTable } from '../../../shared/DataTable.tsx'
import { EmptyState, ErrorState, formatDate, LoadingState } from '../../../shared/index.ts'
import { useOfferChanges, type ProductChange, type ProductDetail } from '../queries.ts'
import { useMeanings } from './useMeanings.ts'
import { useWords } from '../useWords.ts'

/** The change log of an offer, newest first. */
export function ChangesTab({ offer }: { offer: ProductDetail }) {
  const { t } = useTranslation('offers')
  const words = useWords()
  const log = useOfferChanges(offer.id)
  const found = log.data?.pages.flatMap((page) => page.data.changes) ?? []
  const meaning = useMeanings(
    offer.account,
    found.some(({ field }) => field === 'category_id'),
  )
  if (log.error && !log.data) return <ErrorState error={log.error} onRetry={() => void log.refetch()} />
  if (!log.data) return <LoadingState />
  if (found.length === 0) return <EmptyState title={t('changes.none')} />
  return (
    <>
      <DataTable<ProductChange>
        label={t('detail.tabs.changes')}
        rowKey={(one) => one.seq}
        rows={found}
        columns={[
          { key: 'at', title: t('changes.at'), width: 150, render: (one) => formatDate(one.at) },
          { key: 'field', title: t('changes.field'), width: 150, render: (one) => words.field(one.field) },
          {
            key: 'old',
            title: t('changes.old'),
            width: 130,
            render: (one) => meaning(one.field, one.old) ?? words.value(one.field, one.old, one.old_currency),
          },
          {
            key: 'new',
            title: t('changes.new'),
            width: 130,
            render: (one) => meaning(one.field, one.new) ?? words.value(one.field, one.new, one.currency),
          },
          { key: 'source', title: t('changes.source'), width: 130, render: (one) => <Source change={one} /> },
        ]}
      />
      {log.hasNextPage ? (
        <p>
          <Button loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
            {t('changes.more')}
          </Button>
        </p>
      ) : null}
    </>
  )
}

function Source({ change }: { change: ProductChange }) {
  const { t } = useTranslation('offers')
  const source = t(`changes.sources.${change.source}`, { defaultValue: change.source })
  if (change.source !== 'sync' || change.run_id === null) return source
  return (
    <Link to={`/history/${change.run_id}`} title={t('changes.run')}>
      {source}
    </Link>
  )
}
