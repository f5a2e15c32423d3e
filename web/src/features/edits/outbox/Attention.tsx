import { Alert, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { formatNumber, useRole } from '../../../shared/index.ts'
import '../edits.css'
import { countsOf, type Hold } from './holds.ts'
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
  const decide = useDecideHold()
  const tellError = useTellError()
  const account = hold.account.toUpperCase()
  const counts = countsOf(hold)
    .map(({ alarm, offers }) => t(`brake.${alarm}`, { count: offers, formatted: formatNumber(offers) }))
    .join(', ')
  const recalculated = hold.counts.recalculated ?? 0
  const answer = (yes: boolean): void => {
    decide.mutate({ id: hold.id, yes }, { onError: tellError })
  }
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={t(`brake.${hold.kind === 'sync' ? 'sync' : 'push'}Title`, { account })}
      description={
        <>
          <p>
            {t(`brake.${hold.kind === 'sync' ? 'sync' : 'push'}Text`, {
              counts,
              count: hold.most,
              formatted: formatNumber(hold.most),
            })}{' '}
            <Link to={`/edits/outbox?account=${hold.account}&state=held`}>{t('brake.look')}</Link>
          </p>
          {recalculated > 0 ? (
            <p>{t('brake.recalculated', { count: recalculated, formatted: formatNumber(recalculated) })}</p>
          ) : null}
          {can('operator') ? (
            <p className="row-actions">
              <Button
                type="primary"
                danger
                loading={decide.isPending && decide.variables.yes}
                onClick={() => answer(true)}
              >
                {t(`brake.${hold.kind === 'sync' ? 'sync' : 'push'}Yes`)}
              </Button>
              {hold.state === 'waiting' ? (
                <Button loading={decide.isPending && !decide.variables.yes} onClick={() => answer(false)}>
                  {t('brake.no')}
                </Button>
              ) : null}
            </p>
          ) : (
            <p>{t('brake.askOperator')}</p>
          )}
        </>
      }
    />
  )
}
