import { Button, Table } from 'antd'
import { useTranslation } from 'react-i18next'

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
      <Table<OwnSession>
        rowKey="id"
        pagination={false}
        scroll={{ x: 640 }}
        dataSource={found.data}
        columns={[
          {
            key: 'where',
            title: t('sessions.where'),
            render: (_, session) => (
              <>
                {nameOf(session)} {session.is_this ? <Badge tone="good">{t('sessions.this')}</Badge> : null}
              </>
            ),
          },
          { key: 'address', title: t('sessions.address'), dataIndex: 'address' },
          { key: 'since', title: t('sessions.since'), render: (_, { created_at }) => formatDate(created_at) },
          {
            key: 'seen',
            title: t('sessions.seen'),
            render: (_, { last_seen_at }) => formatDate(last_seen_at),
          },
          {
            key: 'end',
            title: <span className="visually-hidden">{t('sessions.end')}</span>,
            align: 'end',
            render: (_, session) =>
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
