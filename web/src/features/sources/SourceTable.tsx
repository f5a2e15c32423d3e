import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { DataTable } from '../../shared/DataTable.tsx'
import { formatDate, useRole } from '../../shared/index.ts'
import type { Reading, Source } from './queries.ts'
import { ReadingResult } from './readings/ReadingResult.tsx'
import { SourceActions } from './SourceActions.tsx'
import { SourceState } from './SourceState.tsx'
import { useEvery } from './useEvery.ts'

interface Props {
  sources: readonly Source[]
  onEdit: (source: Source) => void
  onReading: (reading: Reading) => void
}

/** Every source: where from, how often, what for, how it went last. */
export function SourceTable({ sources, onEdit, onReading }: Props) {
  const { t } = useTranslation('sources')
  const { can } = useRole()
  const every = useEvery()
  return (
    <DataTable<Source>
      label={t('list')}
      rows={sources}
      rowKey={(source) => source.id}
      columns={[
        {
          key: 'name',
          title: t('columns.name'),
          width: 240,
          render: (source) => (
            <>
              <Link to={{ search: `?source=${source.id}` }}>{source.name}</Link>
              <span className="muted address source-line">{source.address ?? t('kinds.upload')}</span>
            </>
          ),
        },
        {
          key: 'state',
          title: t('columns.state'),
          width: 120,
          render: (source) => <SourceState source={source} />,
        },
        {
          key: 'rules',
          title: t('columns.rules'),
          width: 190,
          render: (source) => (
            <>
              {t(`modes.${source.mode}`)}
              <span className="muted source-line">
                {source.kind === 'upload' ? t('every.sent') : every(source.interval_minutes)}
              </span>
            </>
          ),
        },
        {
          key: 'last',
          title: t('columns.last'),
          width: 260,
          render: (source) =>
            source.last_reading === null ? (
              t('never')
            ) : (
              <ReadingResult reading={source.last_reading} withDate />
            ),
        },
        {
          key: 'next',
          title: t('columns.next'),
          width: 150,
          render: (source) => (source.next_at === null ? '–' : formatDate(source.next_at)),
        },
        ...(can('operator')
          ? [
              {
                key: 'actions',
                title: <span className="visually-hidden">{t('columns.actions')}</span>,
                width: 210,
                align: 'end' as const,
                narrow: 'bare' as const,
                render: (source: Source) => (
                  <SourceActions source={source} onEdit={() => onEdit(source)} onReading={onReading} />
                ),
              },
            ]
          : []),
      ]}
    />
  )
}
