import { Button } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { formatNumber } from '../../../shared/index.ts'
import { usePushed } from '../../edits/queries.ts'
import { ExportChosen } from '../export/ExportChosen.tsx'
import {
  selectedCount,
  NOTHING_SELECTED,
  undoLinks,
  type OfferSelection,
  type SelectedOffer,
} from './selection.ts'
import { filterQuery } from '../filters.ts'
import type { OfferView } from '../view.ts'

const ChangeDrawer = lazy(() => import('../../edits/bulk/ChangeDrawer.tsx'))

interface Props {
  selection: OfferSelection
  page: readonly SelectedOffer[]
  /** How many the filters find. */
  total: number
  view: OfferView
  onChoose: (selection: OfferSelection) => void
}

/** What can be done with the offers that were selection. Nothing while none is. */
export function SelectionBar({ selection, page, total, view, onChoose }: Props) {
  const { t } = useTranslation('offers')
  const [isChanging, setChanging] = useState(false)
  const count = selectedCount(selection)
  const links = undoLinks(selection)
  const pushed = usePushed(links.map(({ account }) => account))
  if (count === 0) return null
  const undos = links.filter(({ account }) => pushed.has(account))
  const counted = (key: string, number: number): string =>
    t(key, { count: number, formatted: formatNumber(number) })
  const elsewhere =
    selection.kind === 'all' ? 0 : count - page.filter(({ id }) => selection.offers.has(id)).length
  return (
    <div role="region" aria-label={t('selection.label')} className="selection-bar">
      <p aria-live="polite">
        <strong>{counted('selection.count', count)}</strong>
        {elsewhere > 0 ? ` (${counted('selection.elsewhere', elsewhere)})` : null}
      </p>
      <Button type="primary" onClick={() => setChanging(true)}>
        {t('selection.change')}
      </Button>
      <ExportChosen selection={selection} view={view} />
      {undos.map(({ account, to }) => (
        <Link key={account} to={to}>
          {undos.length > 1 ? t('selection.undoOf', { account }) : t('selection.undo')}
        </Link>
      ))}
      <Everything selection={selection} page={page} total={total} onChoose={onChoose} />
      <Button type="link" onClick={() => onChoose(NOTHING_SELECTED)}>
        {t('selection.clear')}
      </Button>
      {isChanging ? (
        <Suspense fallback={null}>
          <ChangeDrawer
            which={
              selection.kind === 'all' ? { filter: filterOf(view) } : { ids: [...selection.offers.keys()] }
            }
            count={count}
            onClose={() => setChanging(false)}
          />
        </Suspense>
      ) : null}
    </div>
  )
}

/** The filters as the body of a change names them. */
function filterOf(view: OfferView) {
  return { include_removed: false, same_ean: false, ...filterQuery(view) }
}

/** Once the whole page is selection: the way to all that the filters find. */
function Everything({ selection, page, total, onChoose }: Omit<Props, 'view'>) {
  const { t } = useTranslation('offers')
  if (selection.kind === 'all' || total <= page.length || !page.every(({ id }) => selection.offers.has(id)))
    return null
  return (
    <Button type="link" onClick={() => onChoose({ kind: 'all', total })}>
      {t('selection.all', { count: total, formatted: formatNumber(total) })}
    </Button>
  )
}
