import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { offersAddress } from '../../shared/happened.ts'
import { formatNumber } from '../../shared/index.ts'
import type { Span } from './periods.ts'
import type { Home } from './queries.ts'
import { useReasonWords } from './useReasonWords.ts'

/** What to do about a reason where the page can do it: in the list of the offers that have it. */
const STEPS: Readonly<Record<string, string>> = {
  no_stock: 'stock',
  inactive: 'activate',
  invalid_price: 'price',
}

/** Why offers became unsellable, each a number of its own. */
export function Reasons({ reasons, span }: { reasons: Home['unsellable_reasons']; span: Span }) {
  const { t } = useTranslation('home')
  const words = useReasonWords()
  return reasons.map(({ code, offers }) => {
    const to = offersAddress({ kind: 'unsellable', reason: code, ...span })
    return (
      <li key={code} className="home-reason">
        <Link to={to} className="home-link">
          <span className="home-number">{formatNumber(offers)}</span> <span>{words(code)}</span>
        </Link>
        {STEPS[code] ? (
          <span className="home-next">
            <Link to={to}>{t(`next.${STEPS[code]}`)}</Link>
          </span>
        ) : null}
      </li>
    )
  })
}
