import { Alert, Drawer } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { Badge } from '../../../shared/Badge.tsx'
import { ErrorState, formatDate, formatNumber, LoadingState } from '../../../shared/index.ts'
import { FoundFormat } from '../form/FoundFormat.tsx'
import { useReading, useSources, type Reading, type SourceField } from '../queries.ts'
import { EditsMade } from './EditsMade.tsx'
import { readingState, TONES } from './outcome.ts'
import { ReadingActions } from './ReadingActions.tsx'
import { ReadingRows } from './ReadingRows.tsx'
import { By } from './ReadingTable.tsx'
import { useReadingText } from './useReadingText.ts'

interface Props {
  sourceId: string
  /** The reading's number as the address has it; null: none is open. */
  reading: string | null
  onOpen: (reading: string) => void
  onClose: () => void
}

/** One reading: what was understood, what it changes, what could not be used and why, and what can be done. */
export function ReadingDrawer({ sourceId, reading, onOpen, onClose }: Props) {
  const { t } = useTranslation('sources')
  const readingId = Number(reading)
  const name = useSources().data?.sources.find(({ id }) => id === sourceId)?.name ?? null
  if (reading === null || !Number.isSafeInteger(readingId)) return null
  return (
    <Drawer
      open
      size={960}
      title={name === null ? t('reading.title') : t('reading.titleOf', { name })}
      onClose={onClose}
      className="reading-drawer"
    >
      <Opened key={readingId} sourceId={sourceId} readingId={readingId} onOpen={onOpen} />
    </Drawer>
  )
}

function Opened({
  sourceId,
  readingId,
  onOpen,
}: {
  sourceId: string
  readingId: number
  onOpen: (id: string) => void
}) {
  const found = useReading({ sourceId, readingId })
  if (found.data === undefined) {
    return found.error ? (
      <ErrorState error={found.error} onRetry={() => void found.refetch()} />
    ) : (
      <LoadingState />
    )
  }
  const reading = found.data
  return (
    <div className="reading">
      <Ending reading={reading} />
      <ReadingActions reading={reading} onOpen={({ id }) => onOpen(String(id))} />
      {reading.batch_id === null ? null : <EditsMade batchId={reading.batch_id} />}
      <Facts reading={reading} />
      {reading.counts.rows ? <ReadingRows reading={reading} /> : null}
    </div>
  )
}

function Ending({ reading }: { reading: Reading }) {
  const { t } = useTranslation('sources')
  const textOf = useReadingText()
  const state = readingState(reading)
  return (
    <>
      <p>
        <Badge tone={TONES[state]}>{t(`statuses.${state}`)}</Badge>{' '}
        <span className="muted">
          {formatDate(reading.started_at)} · <By reading={reading} />
        </span>
      </p>
      {reading.code === null ? (
        <p>{t(`statusTexts.${state}`)}</p>
      ) : (
        <Alert
          type="error"
          showIcon
          role="alert"
          className="form-alert"
          title={textOf(reading).title}
          description={textOf(reading).detail}
        />
      )}
      {reading.applied_by !== null && reading.trigger !== 'schedule' ? (
        <p className="muted">
          {t('reading.appliedBy', { name: reading.applied_by, date: formatDate(reading.applied_at) })}
        </p>
      ) : null}
    </>
  )
}

/** What the file was, and how its rows came out. */
function Facts({ reading }: { reading: Reading }) {
  const { t } = useTranslation('sources')
  const { file, counts } = reading
  if (file === null) return null
  const columns = Object.entries(file.columns ?? {})
  const facts: [string, ReactNode][] = [
    ['file', file.name ?? '–'],
    ['size', t('reading.bytes', { count: file.bytes })],
    ...(['rows', 'understood', 'unchanged', 'blank', 'joined', 'missing'] as const)
      .filter((name) => name === 'rows' || (counts[name] ?? 0) > 0)
      .map((name): [string, ReactNode] => [
        name === 'understood' ? 'usable' : name,
        formatNumber(counts[name]),
      ]),
  ]
  return (
    <section aria-label={t('reading.understood')}>
      <h3 className="source-title">{t('reading.understood')}</h3>
      {file.format == null ? null : (
        <FoundFormat
          look={{
            format: file.format,
            encoding: file.encoding ?? null,
            separator: file.separator ?? null,
            row_path: file.row_path ?? null,
            sheet: file.sheet ?? null,
            decimal: file.decimal ?? null,
          }}
        />
      )}
      <dl className="source-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{t(`reading.${name}`)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        {columns.length === 0 ? null : (
          <div className="is-wide">
            <dt>{t('facts.columns')}</dt>
            <dd>
              {columns
                .map(([heading, field]) => `${heading} → ${t(`fields.${field as SourceField}`)}`)
                .join('; ')}
            </dd>
          </div>
        )}
      </dl>
    </section>
  )
}
