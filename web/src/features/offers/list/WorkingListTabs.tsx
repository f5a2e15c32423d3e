import { Select, Tabs } from 'antd'
import { useTranslation } from 'react-i18next'

import type { OfferView, ViewChange } from '../view.ts'
import { WORKING_LISTS, type WorkingList } from '../workingLists.ts'

interface Props {
  view: OfferView
  onChange: (change: ViewChange) => void
  narrow: boolean
}

const ALL = 'all'

/** The lists to work through, over the table; on a phone one choice. */
export function WorkingListTabs({ view, onChange, narrow }: Props) {
  const { t } = useTranslation('offers')
  const items = [
    { key: ALL, label: t('lists.all') },
    ...WORKING_LISTS.map((list) => ({ key: list, label: t(`lists.${list}`) })),
  ]
  const choose = (key: string): void => {
    onChange({ list: WORKING_LISTS.find((list): list is WorkingList => list === key) ?? null })
  }
  return narrow ? (
    <Select
      aria-label={t('lists.label')}
      value={view.list ?? ALL}
      options={items.map(({ key, label }) => ({ value: key, label }))}
      onChange={choose}
      className="offers-lists"
    />
  ) : (
    <Tabs
      aria-label={t('lists.label')}
      activeKey={view.list ?? ALL}
      items={items}
      onChange={choose}
      className="offers-lists"
    />
  )
}
