import { Alert, Button } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { formatDate, formatNumber, useRole } from '../../shared/index.ts'
import { useChangeSource, type Reading, type Source } from './queries.ts'
import { ReadingTable } from './readings/ReadingTable.tsx'
import { useReadingText } from './readings/useReadingText.ts'
import { SendingHelp } from './SendingHelp.tsx'
import { SourceActions } from './SourceActions.tsx'
import { SourceState } from './SourceState.tsx'
import { useEvery } from './useEvery.ts'
import { useTellError } from './useTellError.ts'

interface Props {
  source: Source
  onEdit: () => void
  onGone: () => void
  onReading: (reading: Reading) => void
}

/** One source: how it is set, what it needs, and its readings. */
export function SourcePage({ source, onEdit, onGone, onReading }: Props) {
  const { t } = useTranslation('sources')
  return (
    <>
      <header className="source-head">
        <h2>
          {source.name} <SourceState source={source} />
        </h2>
        <SourceActions source={source} onEdit={onEdit} onGone={onGone} onReading={onReading} />
      </header>
      <Trouble source={source} onReading={onReading} />
      <Facts source={source} />
      {source.kind === 'upload' ? <SendingHelp source={source} /> : null}
      <h3 className="source-title">{t('readings.title')}</h3>
      <ReadingTable sourceId={source.id} names={null} />
    </>
  )
}

/** Why it takes nothing in, where it does not. */
function Trouble({ source, onReading }: Pick<Props, 'source' | 'onReading'>) {
  const { t } = useTranslation('sources')
  const textOf = useReadingText()
  const last = source.last_reading
  if (source.failures === 0 || last === null) return null
  const { title, detail } = textOf(last)
  return (
    <Alert
      type="error"
      showIcon
      className="form-alert"
      title={`${t('failing', { count: source.failures, formatted: formatNumber(source.failures) })} ${title}`}
      description={
        <>
          <p>{detail}</p>
          {last.reason === 'host_key_changed' ? <NewHostKey source={source} /> : null}
        </>
      }
      action={<Button onClick={() => onReading(last)}>{t('openReading')}</Button>}
    />
  )
}

/** Has the server's new key taken for the right one. */
function NewHostKey({ source }: { source: Source }) {
  const { t } = useTranslation('sources')
  const { can } = useRole()
  const tellError = useTellError()
  const change = useChangeSource(source.id)
  if (!can('admin')) return null
  return (
    <Button
      loading={change.isPending}
      onClick={() => change.mutate({ host_key: null }, { onError: tellError })}
    >
      {t('acceptHostKey')}
    </Button>
  )
}

function Facts({ source }: { source: Source }) {
  const { t } = useTranslation('sources')
  const every = useEvery()
  const columns = Object.entries(source.columns ?? {})
  const facts: [string, ReactNode][] = [
    ['from', source.address ?? t('kinds.upload')],
    ['account', source.account],
    ['when', source.kind === 'upload' ? t('every.sent') : every(source.interval_minutes)],
    ['next', source.next_at === null ? '–' : formatDate(source.next_at)],
    ['mode', t(`modes.${source.mode}`)],
    ['missing', t(`missing.${source.missing_means}`)],
    ['shrink', `${formatNumber(source.most_shrink_percent)} %`],
    ['taken', source.taken_in_at === null ? t('never') : formatDate(source.taken_in_at)],
    [
      'columns',
      columns.length === 0
        ? t('facts.guessed')
        : columns.map(([heading, field]) => `${heading} → ${t(`fields.${field}`)}`).join('; '),
    ],
  ]
  return (
    <dl className="source-facts">
      {facts.map(([name, value]) => (
        <div key={name} className={name === 'columns' || name === 'from' ? 'is-wide' : undefined}>
          <dt>{t(`facts.${name}`)}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
