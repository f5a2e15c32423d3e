import { PlusOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'

import { EmptyState, ErrorState, LoadingState, NoAccounts, useRole, useUrlState } from '../../shared/index.ts'
import { SourceForm } from './form/SourceForm.tsx'
import { useAccountNames, useSources, type Source } from './queries.ts'
import { ReadingDrawer } from './readings/ReadingDrawer.tsx'
import { SourcePage } from './SourcePage.tsx'
import { SourceTable } from './SourceTable.tsx'
import './sources.css'

/** What is open, as the address says it: a source, being edited or not, and a reading of it. */
const NOTHING_OPEN = { source: null as string | null, edit: false, reading: null as string | null }
const NEW = 'new'

/** Files with stock and prices that arrive by themselves. */
export default function SourcesSection() {
  const { t } = useTranslation('sources')
  const [open, setOpen] = useUrlState(NOTHING_OPEN)
  const { can } = useRole()
  const found = useSources()
  if (found.data === undefined) {
    return found.error ? (
      <ErrorState error={found.error} onRetry={() => void found.refetch()} />
    ) : (
      <LoadingState />
    )
  }
  const { sources, folder } = found.data
  const source = sources.find(({ id }) => id === open.source) ?? null
  const isForm = can('admin') && (open.source === NEW || (source !== null && open.edit))
  if (isForm) {
    return (
      <SourceForm
        key={open.source}
        source={source}
        hasFolder={folder}
        onCancel={() => setOpen({ source: source?.id ?? null, edit: false }, { push: true })}
        onSaved={(id, reading) =>
          setOpen(
            { source: id, edit: false, reading: reading === null ? null : String(reading) },
            { push: true },
          )
        }
      />
    )
  }
  if (open.source !== null) {
    return (
      <>
        <Button className="source-back" type="link" onClick={() => setOpen(NOTHING_OPEN, { push: true })}>
          ← {t('back')}
        </Button>
        {source === null ? (
          <EmptyState title={t('goneTitle')} detail={t('goneText')} />
        ) : (
          <>
            <SourcePage
              source={source}
              onEdit={() => setOpen({ edit: true }, { push: true })}
              onGone={() => setOpen(NOTHING_OPEN, { push: true })}
              onReading={({ id }) => setOpen({ reading: String(id) }, { push: true })}
            />
            <ReadingDrawer
              sourceId={source.id}
              reading={open.reading}
              onOpen={(reading) => setOpen({ reading })}
              onClose={() => setOpen({ reading: null }, { push: true })}
            />
          </>
        )}
      </>
    )
  }
  return (
    <All
      sources={sources}
      onAdd={() => setOpen({ source: NEW }, { push: true })}
      onEdit={({ id }) => setOpen({ source: id, edit: true }, { push: true })}
      onReading={({ source_id, id }) => setOpen({ source: source_id, reading: String(id) }, { push: true })}
    />
  )
}

interface AllProps {
  sources: readonly Source[]
  onAdd: () => void
  onEdit: (source: Source) => void
  onReading: (reading: { source_id: string; id: number }) => void
}

function All({ sources, onAdd, onEdit, onReading }: AllProps) {
  const { t } = useTranslation('sources')
  const { can } = useRole()
  const hasAccounts = useAccountNames().length > 0
  const add = can('admin') ? (
    <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={onAdd}>
      {t('add')}
    </Button>
  ) : null
  if (sources.length === 0 && !hasAccounts) return <NoAccounts />
  return (
    <>
      <p className="muted">{t('intro')}</p>
      {sources.length === 0 ? (
        <EmptyState title={t('noneTitle')} detail={t(can('admin') ? 'noneText' : 'noneAsk')} action={add} />
      ) : (
        <>
          {add === null ? null : <p>{add}</p>}
          <SourceTable sources={sources} onEdit={onEdit} onReading={onReading} />
        </>
      )}
    </>
  )
}
