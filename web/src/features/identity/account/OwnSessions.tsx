import { Button } from 'antd'
import { useTranslation } from 'react-i18next'

import { DataTable } from '../../../shared/DataTable.tsx'
import { Badge } from '../../../shared/Badge.tsx'
import { ErrorState, formatDate, LoadingState } from '../../../shared/index.ts'
import { FormError } from '../../../shared/FormError.tsx'
import { agentName } from './agents.ts'
import { useEndSession, useOwnSessions, type OwnSession } from './queries.ts'

/** One's own logins, each with a way to end it. */
export function OwnSessions() {
  const { t } = useTranslation('identity')
  const found = useOwnSessions()
  const end = useEndSession()
  if (found.error) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  if (found.data === undefined) return <LoadingState />
  const nameOf = (session: OwnSession): string =>
    agentName(session.agent) ?? t(session.kind === 'session' ? 'sessions.browser' : 'sessions.program')
  return (
    <>
      <FormError error={end.error} />
      <DataTable<OwnSession>
        label={t('sessions.title')}
        rowKey={(session) => session.id}
        rows={found.data}
        columns={[
          {
            key: 'where',
            width: 200,
            title: t('sessions.where'),
            render: (session) => (
              <>
                {nameOf(session)} {session.is_this ? <Badge tone="good">{t('sessions.this')}</Badge> : null}
              </>
            ),
          },
          { key: 'address', width: 130, title: t('sessions.address'), render: (one) => one.address },
          {
            key: 'since',
            width: 150,
            title: t('sessions.since'),
            render: ({ created_at }) => formatDate(created_at),
          },
          {
            key: 'seen',
            width: 150,
            title: t('sessions.seen'),
            render: ({ last_seen_at }) => formatDate(last_seen_at),
          },
          {
            key: 'end',
            width: 110,
            title: <span className="visually-hidden">{t('sessions.end')}</span>,
            align: 'end',
            render: (session) =>
              session.is_this ? null : (
                <Button
                  loading={end.isPending && end.variables === session.id}
                  aria-label={t('sessions.endOne', { name: nameOf(session) })}
                  onClick={() => end.mutate(session.id)}
                >
                  {t('sessions.end')}
                </Button>
              ),
          },
        ]}
      />
      {found.data.length > 1 ? (
        <p className="section-foot">
          <Button danger loading={end.isPending && end.variables === null} onClick={() => end.mutate(null)}>
            {t('sessions.endOthers')}
          </Button>
        </p>
      ) : null}
    </>
  )
}
