import { Button, Table } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { EmptyState, ErrorState, formatDate, LoadingState } from '../../../shared/index.ts'
import { useOfferChanges, type ProductChange, type ProductDetail } from '../queries.ts'
import { useWords } from '../useWords.ts'

/** The change log of an offer, newest first. */
export function ChangesTab({ offer }: { offer: ProductDetail }) {
  const { t } = useTranslation('offers')
  const words = useWords()
  const log = useOfferChanges(offer.id)
  if (log.error && !log.data) return <ErrorState error={log.error} onRetry={() => void log.refetch()} />
  if (!log.data) return <LoadingState />
  const changes = log.data.pages.flatMap((page) => page.data.changes)
  if (changes.length === 0) return <EmptyState title={t('changes.none')} />
  return (
    <>
      <Table<ProductChange>
        rowKey="seq"
        size="small"
        pagination={false}
        scroll={{ x: 620 }}
        dataSource={changes}
        columns={[
          { title: t('changes.at'), dataIndex: 'at', width: 170, render: (at: string) => formatDate(at) },
          { title: t('changes.field'), dataIndex: 'field', render: (field: string) => words.field(field) },
          {
            title: t('changes.old'),
            dataIndex: 'old',
            render: (text: string | null, one) => words.value(one.field, text, one.old_currency),
          },
          {
            title: t('changes.new'),
            dataIndex: 'new',
            render: (text: string | null, one) => words.value(one.field, text, one.currency),
          },
          { title: t('changes.source'), key: 'source', render: (_, one) => <Source change={one} /> },
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
  if (change.source !== 'sync') return change.source
  if (change.run_id === null) return t('changes.sourceSync')
  return (
    <Link to={`/history/${change.run_id}`} title={t('changes.run')}>
      {t('changes.sourceSync')}
    </Link>
  )
}
