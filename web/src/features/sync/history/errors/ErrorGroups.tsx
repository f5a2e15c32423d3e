import { Fragment } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { formatNumber } from '../../../../shared/index.ts'
import { keyOf, useOfferNames } from '../../../../shared/offer-names.ts'
import { groupErrors, type Cause } from './errors.ts'
import type { RunDetail } from '../queries.ts'

/** The errors of a run by their cause, with the offers and pages that they are about, and what to do. */
export function ErrorGroups({ run }: { run: RunDetail }) {
  const { t } = useTranslation('history')
  const causes = groupErrors(run.errors, run.error_codes)
  return (
    <section>
      <h3>{t('errors.title')}</h3>
      {causes.length === 0 ? <p className="muted">{t('errors.none')}</p> : null}
      <ul className="causes">
        {causes.map((cause) => (
          <li key={cause.key}>
            <CauseText cause={cause} account={run.account} />
          </li>
        ))}
      </ul>
      {run.error_count > run.errors.length ? (
        <p className="muted">
          {t('errors.capped', {
            kept: formatNumber(run.errors.length),
            count: run.error_count,
            formatted: formatNumber(run.error_count),
          })}
        </p>
      ) : null}
    </section>
  )
}

function CauseText({ cause, account }: { cause: Cause; account: string }) {
  const { t, i18n } = useTranslation('history')
  const key = i18n.exists(`causes.${cause.key}`, { ns: 'history' }) ? cause.key : 'other'
  return (
    <>
      <p>
        <strong>{t(`causes.${key}.title`, { code: cause.code })}</strong>{' '}
        <span className="muted">{t('errors.times', { count: cause.count })}</span>
      </p>
      <p>
        {t('errors.next')} {t(`causes.${key}.next`)}
      </p>
      {cause.pages.length > 0 ? (
        <p>
          {t('errors.pages')} {cause.pages.map((page) => formatNumber(page)).join(', ')}
        </p>
      ) : null}
      {cause.emagIds.length > 0 ? (
        <p>
          {t('errors.offers')} <OfferIds account={account} ids={cause.emagIds} />
        </p>
      ) : null}
      {cause.messages.length > 0 ? (
        <details>
          <summary>{t('errors.message')}</summary>
          {cause.messages.map((message) => (
            <p key={message} className="cause-message">
              {message}
            </p>
          ))}
        </details>
      ) : null}
    </>
  )
}

/** The offers, with the way to each that the local copy has. */
function OfferIds({ account, ids }: { account: string; ids: readonly number[] }) {
  const names = useOfferNames(ids.map((emag_id) => ({ account, emag_id })))
  return (
    <span className="tabular">
      {ids.map((emag_id, place) => {
        const offer = names.get(keyOf({ account, emag_id }))
        return (
          <Fragment key={emag_id}>
            {place > 0 ? ', ' : null}
            {offer === undefined ? (
              emag_id
            ) : (
              <Link to={`/offers?offer=${offer.id}`} title={offer.name ?? undefined}>
                {emag_id}
              </Link>
            )}
          </Fragment>
        )
      })}
    </span>
  )
}
