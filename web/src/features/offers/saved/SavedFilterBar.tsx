import { DeleteOutlined, EditOutlined, SaveOutlined } from '@ant-design/icons'
import { App, Button, Popconfirm } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { errorText } from '../../../shared/index.ts'
import { filterCount } from '../filters.ts'
import { WITHOUT_FILTERS, type OfferView, type ViewChange } from '../view.ts'
import { useKeepFilter, useRemoveFilter, useSavedFilters, type SavedFilter } from './queries.ts'
import { savedOf, savedQuery } from './saved.ts'

const SavedFilterDialog = lazy(() => import('./SavedFilterDialog.tsx'))

interface Props {
  view: OfferView
  onChange: (change: ViewChange) => void
}

/** Keeps what is filtered by under a name, and changes the saved filter that is shown. */
export function SavedFilterBar({ view, onChange }: Props) {
  const { t } = useTranslation('offers')
  const current = savedOf(view, useSavedFilters().data ?? [])
  const [dialog, setDialog] = useState<{ filter: SavedFilter | null; query: string } | null>(null)
  if (current === null && filterCount(view) === 0 && view.search === '') return null
  return (
    <span className="saved-filter-bar">
      {current?.filter.may_change ? (
        <OwnFilter
          filter={current.filter}
          changed={current.isChanged ? savedQuery(view) : null}
          onEdit={(filter) => setDialog({ filter, query: filter.query })}
          onRemoved={() => onChange(WITHOUT_FILTERS)}
        />
      ) : null}
      {current === null || current.isChanged ? (
        <Button
          size="small"
          icon={<SaveOutlined aria-hidden />}
          onClick={() => setDialog({ filter: null, query: savedQuery(view) })}
        >
          {t('saved.save')}
        </Button>
      ) : null}
      {dialog === null ? null : (
        <Suspense fallback={null}>
          <SavedFilterDialog
            {...dialog}
            onKept={({ id }) => {
              setDialog(null)
              onChange({ saved: id })
            }}
            onClose={() => setDialog(null)}
          />
        </Suspense>
      )}
    </span>
  )
}

interface OwnProps {
  filter: SavedFilter
  /** What it would have if it were replaced; null where that is what it has. */
  changed: string | null
  onEdit: (filter: SavedFilter) => void
  onRemoved: () => void
}

/** What its owner may do with a saved filter. */
function OwnFilter({ filter, changed, onEdit, onRemoved }: OwnProps) {
  const { t } = useTranslation('offers')
  const { message } = App.useApp()
  const keep = useKeepFilter()
  const { id, name, shared } = filter
  const replace = (query: string): void => {
    keep.mutate(
      { id, body: { name, shared, query } },
      { onError: (error) => void message.error(errorText(t, error).title) },
    )
  }
  return (
    <>
      {changed === null ? null : (
        <Button size="small" loading={keep.isPending} onClick={() => replace(changed)}>
          {t('saved.replace', { name })}
        </Button>
      )}
      <Button
        type="text"
        size="small"
        icon={<EditOutlined aria-hidden />}
        aria-label={t('saved.changeOf', { name })}
        onClick={() => onEdit(filter)}
      />
      <Remove filter={filter} onRemoved={onRemoved} />
    </>
  )
}

function Remove({ filter, onRemoved }: { filter: SavedFilter; onRemoved: () => void }) {
  const { t } = useTranslation('offers')
  const remove = useRemoveFilter()
  return (
    <Popconfirm
      title={t(filter.shared ? 'saved.removeShared' : 'saved.removeTitle', { name: filter.name })}
      okText={t('saved.remove')}
      cancelText={t('common:cancel')}
      onConfirm={() => remove.mutate(filter.id, { onSuccess: onRemoved })}
    >
      <Button
        type="text"
        size="small"
        icon={<DeleteOutlined aria-hidden />}
        aria-label={t('saved.removeOf', { name: filter.name })}
      />
    </Popconfirm>
  )
}
