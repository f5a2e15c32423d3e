import { Select, Tabs } from 'antd'
import { useTranslation } from 'react-i18next'

import { useSavedFilters } from '../saved/queries.ts'
import { showing } from '../saved/saved.ts'
import { WITHOUT_FILTERS, type OfferView, type ViewChange } from '../view.ts'
import { WORKING_LISTS, type WorkingList } from '../workingLists.ts'

interface Props {
  view: OfferView
  onChange: (change: ViewChange) => void
  narrow: boolean
}

const ALL = 'all'
const SAVED = 'saved-'

/** The saved filters and the lists to work through, over the table; on a phone one choice. */
export function ListTabs({ view, onChange, narrow }: Props) {
  const { t } = useTranslation('offers')
  const filters = useSavedFilters().data ?? []
  const saved = filters.map(({ id, name }) => ({ key: `${SAVED}${id}`, label: name }))
  const lists = WORKING_LISTS.map((list) => ({ key: list as string, label: t(`lists.${list}`) }))
  const all = { key: ALL, label: t('lists.all') }
  const active = filters.some(({ id }) => id === view.saved) ? `${SAVED}${view.saved}` : (view.list ?? ALL)
  const choose = (key: string): void => {
    const filter = filters.find(({ id }) => key === `${SAVED}${id}`)
    if (filter !== undefined) onChange(showing(filter))
    else {
      const list = WORKING_LISTS.find((known): known is WorkingList => known === key) ?? null
      // What a saved filter has set goes with it; what was set by hand narrows a list.
      onChange(view.saved === null ? { list } : { ...WITHOUT_FILTERS, list })
    }
  }
  const options = ({ key, label }: { key: string; label: string }) => ({ value: key, label })
  return narrow ? (
    <Select
      aria-label={t('lists.label')}
      value={active}
      options={[
        options(all),
        ...(saved.length === 0 ? [] : [{ label: t('saved.title'), options: saved.map(options) }]),
        { label: t('lists.label'), options: lists.map(options) },
      ]}
      onChange={choose}
      className="offers-lists"
    />
  ) : (
    <Tabs
      aria-label={t('lists.label')}
      activeKey={active}
      items={[all, ...saved, ...lists]}
      onChange={choose}
      className="offers-lists"
    />
  )
}
