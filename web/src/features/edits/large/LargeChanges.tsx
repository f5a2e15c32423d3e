import { Button, Drawer } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { DataTable } from '../../../shared/DataTable.tsx'
import { formatDate, formatNumber } from '../../../shared/index.ts'
import { isWorking, percentOf, type LargeChange as Change } from './large.ts'
import { LargeChange } from './LargeChange.tsx'
import { useLargeChanges } from './queries.ts'

/** The newest changes to everything found, also of others: none is half-kept without being seen here. */
export function LargeChanges() {
  const { t } = useTranslation('edits')
  const changes = useLargeChanges()
  const [shown, setShown] = useState<number | null>(null)
  if (changes.data === undefined || changes.data.length === 0) return null
  return (
    <section aria-label={t('large.list')}>
      <h2 className="bulk-title">{t('large.list')}</h2>
      <DataTable<Change>
        label={t('large.list')}
        rows={changes.data}
        rowKey={(change) => change.id}
        columns={[
          { key: 'kind', title: t('large.kind'), width: 170, render: ({ kind }) => t(`large.kinds.${kind}`) },
          {
            key: 'state',
            title: t('large.state'),
            width: 190,
            render: (change) => {
              const percent = isWorking(change) ? percentOf(change) : null
              return `${t(`large.states.${change.state}`)}${percent === null ? '' : ` (${percent} %)`}`
            },
          },
          {
            key: 'found',
            title: t('large.found'),
            width: 110,
            align: 'end',
            render: ({ found }) => (found === null ? t('none') : formatNumber(found)),
          },
          {
            key: 'by',
            title: t('large.by'),
            width: 220,
            render: ({ made_by, made_at }) => `${made_by}, ${formatDate(made_at)}`,
          },
          {
            key: 'open',
            title: '',
            width: 110,
            render: ({ id }) => (
              <Button size="small" onClick={() => setShown(id)}>
                {t('large.open')}
              </Button>
            ),
          },
        ]}
      />
      <Drawer
        open={shown !== null}
        onClose={() => setShown(null)}
        size={1100}
        title={t('large.title')}
        styles={{ wrapper: { maxWidth: '100vw' } }}
        destroyOnHidden
      >
        {shown === null ? null : <LargeChange id={shown} />}
      </Drawer>
    </section>
  )
}
