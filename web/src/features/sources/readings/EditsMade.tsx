import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { Badge } from '../../../shared/Badge.tsx'
import { useRole } from '../../../shared/index.ts'
import { useEditsOf } from '../queries.ts'
import { editCounts, undoPaths } from './outcome.ts'

/** What became of the edits that a reading made, with the ways to them, and to putting them back. */
export function EditsMade({ batchId }: { batchId: string }) {
  const { t } = useTranslation('sources')
  const { can } = useRole()
  const edits = useEditsOf(batchId).data ?? []
  const counts = editCounts(edits)
  if (counts.length === 0) return null
  const waiting = edits.find(({ state }) => state === 'open')
  return (
    <section aria-label={t('edits.title')} className="reading-edits">
      <h3 className="source-title">{t('edits.title')}</h3>
      <p>
        {counts.map(({ state, count }) => (
          <Badge key={state} tone={state === 'applied' ? 'good' : state === 'rejected' ? 'bad' : 'plain'}>
            {t(`edits.states.${state}`, { count })}
          </Badge>
        ))}
      </p>
      <p className="reading-links">
        {waiting === undefined ? null : (
          <>
            <Link to={`/edits/outbox?account=${waiting.account}`}>{t('edits.toOutbox')}</Link>
            <Link to={`/edits/waiting?batch=${batchId}`}>{t('edits.toWaiting')}</Link>
          </>
        )}
        {can('operator')
          ? undoPaths(edits).map(({ account, path }) => (
              <Link key={account} to={path ?? '/edits/undo'}>
                {t(path === null ? 'edits.undoPushes' : 'edits.undo', { account })}
              </Link>
            ))
          : null}
      </p>
    </section>
  )
}
