import { Button } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { formatNumber } from '../../shared/index.ts'
import { chosenCount, MOST_CHOSEN, NONE_CHOSEN, undoLinks, type Chosen, type ChosenOffer } from './chosen.ts'
import { filterQuery, type OfferView } from './view.ts'

const ChangeDrawer = lazy(() => import('../editing/ChangeDrawer.tsx'))

interface Props {
  chosen: Chosen
  page: readonly ChosenOffer[]
  /** How many the filters find. */
  total: number
  view: OfferView
  onChoose: (chosen: Chosen) => void
}

/** What can be done with the offers that were chosen. Nothing while none is. */
export function ChosenBar({ chosen, page, total, view, onChoose }: Props) {
  const { t } = useTranslation('offers')
  const [isChanging, setChanging] = useState(false)
  const count = chosenCount(chosen)
  if (count === 0) return null
  const counted = (key: string, number: number): string =>
    t(key, { count: number, formatted: formatNumber(number) })
  const undos = undoLinks(chosen)
  const elsewhere = chosen.kind === 'all' ? 0 : count - page.filter(({ id }) => chosen.offers.has(id)).length
  return (
    <div role="region" aria-label={t('chosen.label')} className="chosen-bar">
      <p aria-live="polite">
        <strong>{counted('chosen.count', count)}</strong>
        {elsewhere > 0 ? ` (${counted('chosen.elsewhere', elsewhere)})` : null}
      </p>
      <Button type="primary" onClick={() => setChanging(true)}>
        {t('chosen.change')}
      </Button>
      {undos.map(({ account, to }) => (
        <Link key={account} to={to}>
          {undos.length > 1 ? t('chosen.undoOf', { account: account.toUpperCase() }) : t('chosen.undo')}
        </Link>
      ))}
      <Everything chosen={chosen} page={page} total={total} onChoose={onChoose} />
      <Button type="link" onClick={() => onChoose(NONE_CHOSEN)}>
        {t('chosen.clear')}
      </Button>
      {isChanging ? (
        <Suspense fallback={null}>
          <ChangeDrawer
            which={chosen.kind === 'all' ? { filter: filterOf(view) } : { ids: [...chosen.offers.keys()] }}
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
  return { include_removed: false, ...filterQuery(view) }
}

/** Once the whole page is chosen: the way to all that the filters find. */
function Everything({ chosen, page, total, onChoose }: Omit<Props, 'view'>) {
  const { t } = useTranslation('offers')
  if (chosen.kind === 'all' || total <= page.length || !page.every(({ id }) => chosen.offers.has(id)))
    return null
  if (total > MOST_CHOSEN)
    return <span className="muted">{t('chosen.tooMany', { most: formatNumber(MOST_CHOSEN) })}</span>
  return (
    <Button type="link" onClick={() => onChoose({ kind: 'all', total })}>
      {t('chosen.all', { count: total, formatted: formatNumber(total) })}
    </Button>
  )
}
