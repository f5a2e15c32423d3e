import { Alert, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { offersAddress } from '../../../shared/happened.ts'
import { formatNumber, useRole } from '../../../shared/index.ts'
import '../edits.css'
import { countsOf, MANY_OFFERS, offersOf, type Hold } from './holds.ts'
import { useDecideHold, useHolds, useOpenConflicts } from '../queries.ts'
import { useTellError } from '../useTellError.ts'

/** What waits for a person, on every page: the brake's yes or no, and conflicts. Nothing while nothing does. */
export default function Attention() {
  const { t } = useTranslation('edits')
  const holds = useHolds().data ?? []
  const conflicts = useOpenConflicts().data ?? 0
  if (holds.length === 0 && conflicts === 0) return null
  return (
    <div className="attention" role="region" aria-label={t('attention.label')}>
      {holds.map((hold) => (
        <Brake key={hold.id} hold={hold} />
      ))}
      {conflicts > 0 ? (
        <Alert
          type="warning"
          showIcon
          title={t('attention.conflicts', { count: conflicts, formatted: formatNumber(conflicts) })}
          action={<Link to="/edits/conflicts">{t('attention.decide')}</Link>}
        />
      ) : null}
    </div>
  )
}

function Brake({ hold }: { hold: Hold }) {
  const { t } = useTranslation('edits')
  const { can } = useRole()
  const account = hold.account
  const counts = countsOf(hold)
    .map(({ alarm, offers }) => t(`brake.${alarm}`, { count: offers, formatted: formatNumber(offers) }))
    .join(', ')
  const recalculated = hold.counts.recalculated ?? 0
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      className="brake"
      title={
        <>
          <strong>{t(`brake.${hold.kind}Title`, { account })}</strong>
          <p>
            {t(`brake.${hold.kind}Text`, { counts, count: hold.most, formatted: formatNumber(hold.most) })}{' '}
            {recalculated > 0
              ? t('brake.recalculated', { count: recalculated, formatted: formatNumber(recalculated) })
              : null}{' '}
            <Look hold={hold} />
          </p>
          {can('operator') ? <Answers hold={hold} /> : <p>{t('brake.askOperator')}</p>}
        </>
      }
    />
  )
}

/** The way to what a hold is about: lines that were to be sent, or offers that changed on eMAG and how to restore them. */
function Look({ hold }: { hold: Hold }) {
  const { t } = useTranslation('edits')
  const { can } = useRole()
  if (hold.kind === 'push')
    return <Link to={`/edits/outbox?account=${hold.account}&state=held`}>{t('brake.look')}</Link>
  return (
    <>
      <Link to={offersAddress({ run: hold.source_id })}>{t('brake.syncLook')}</Link>{' '}
      {can('operator') ? <Link to={`/edits/undo?run=${hold.source_id}`}>{t('brake.restore')}</Link> : null}
    </>
  )
}

/** Yes or no. A refused hold of a sync stays until it is released, so that only the yes is left. */
function Answers({ hold }: { hold: Hold }) {
  const { t } = useTranslation('edits')
  const decide = useDecideHold()
  const tellError = useTellError()
  const answer = (yes: boolean): void => {
    decide.mutate({ id: hold.id, yes }, { onError: tellError })
  }
  return (
    <p className="row-actions">
      <Button
        type="primary"
        danger
        size="small"
        loading={decide.isPending && decide.variables.yes}
        onClick={() => answer(true)}
      >
        {t(`brake.${hold.kind}Yes`)}
      </Button>
      {hold.state === 'waiting' ? (
        <Button
          size="small"
          loading={decide.isPending && !decide.variables.yes}
          onClick={() => answer(false)}
        >
          {t(hold.kind === 'sync' ? 'brake.syncNo' : 'brake.no')}
        </Button>
      ) : null}
      {decide.isPending && offersOf(hold) > MANY_OFFERS ? (
        <span role="status">{t('brake.working')}</span>
      ) : null}
    </p>
  )
}
