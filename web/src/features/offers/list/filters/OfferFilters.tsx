import { FilterOutlined } from '@ant-design/icons'
import { Button, Drawer, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { filterCount, isSet, LONGEST_SEARCH, type Filters } from '../../filters.ts'
import { SORT_KEYS, WITHOUT_FILTERS, type OfferView, type ViewChange } from '../../view.ts'
import { SavedFilterBar } from '../../saved/SavedFilterBar.tsx'
import { FilterChips } from './FilterChips.tsx'
import { FurtherFilters, UsualFilters } from './FilterFields.tsx'
import { SearchBox } from './SearchBox.tsx'

interface Props {
  view: OfferView
  onChange: (change: ViewChange) => void
  /** Whether the table's heads, which sort too, are not there, and there is no room for filters either. */
  narrow: boolean
}

const FURTHER: readonly (keyof Filters)[] = [
  'priceMin',
  'priceMax',
  'currencies',
  'vatIds',
  'buyButtons',
  'rankMin',
  'rankMax',
  'reasons',
  'validations',
  'changedSince',
  'withRemoved',
]

/** The search and the filters of the offers table, and what is filtered by. */
export function OfferFilters({ view, onChange, narrow }: Props) {
  const { t } = useTranslation('offers')
  return (
    <div role="search" aria-label={t('filters.label')} className="offers-search-area">
      <div className="offers-filters">
        <SearchBox
          value={view.search}
          label={t('filters.search')}
          maxLength={LONGEST_SEARCH}
          onSearch={(search) => onChange({ search })}
        />
        {narrow ? (
          <>
            <FilterDrawer view={view} onChange={onChange} />
            <Select
              aria-label={t('sort.label')}
              value={view.sort}
              options={SORT_KEYS.map((key) => ({
                value: key,
                label: `${t('sort.label')}: ${t(`sort.${key}`)}`,
              }))}
              onChange={(sort) => onChange({ sort, descending: false })}
            />
          </>
        ) : (
          <InlineFilters view={view} onChange={onChange} />
        )}
      </div>
      <div className="filter-row">
        <FilterChips view={view} onChange={onChange} />
        <SavedFilterBar view={view} onChange={onChange} />
      </div>
    </div>
  )
}

function InlineFilters({ view, onChange }: Omit<Props, 'narrow'>) {
  const { t } = useTranslation('offers')
  const [isOpen, setOpen] = useState(FURTHER.some((name) => isSet(view, name)))
  return (
    <>
      <UsualFilters view={view} onChange={onChange} />
      <Button
        icon={<FilterOutlined aria-hidden />}
        aria-expanded={isOpen}
        onClick={() => setOpen((open) => !open)}
      >
        {t(isOpen ? 'filters.fewer' : 'filters.more')}
      </Button>
      {isOpen ? (
        <div className="offers-filters further-filters">
          <FurtherFilters view={view} onChange={onChange} />
        </div>
      ) : null}
    </>
  )
}

function FilterDrawer({ view, onChange }: Omit<Props, 'narrow'>) {
  const { t } = useTranslation('offers')
  const [isOpen, setOpen] = useState(false)
  const count = filterCount(view)
  return (
    <>
      <Button icon={<FilterOutlined aria-hidden />} onClick={() => setOpen(true)}>
        {count === 0 ? t('filters.label') : t('filters.show', { count })}
      </Button>
      <Drawer
        open={isOpen}
        onClose={() => setOpen(false)}
        title={t('filters.label')}
        size="100%"
        footer={
          <div className="filter-drawer-foot">
            <Button onClick={() => onChange(WITHOUT_FILTERS)}>{t('filters.reset')}</Button>
            <Button type="primary" onClick={() => setOpen(false)}>
              {t('filters.done')}
            </Button>
          </div>
        }
      >
        <div className="offers-filters filter-drawer">
          <UsualFilters view={view} onChange={onChange} />
          <FurtherFilters view={view} onChange={onChange} />
        </div>
      </Drawer>
    </>
  )
}
