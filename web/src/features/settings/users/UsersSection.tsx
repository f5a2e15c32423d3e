import { PlusOutlined } from '@ant-design/icons'
import { App, Button, Popconfirm } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { DataTable } from '../../../shared/DataTable.tsx'
import { Badge } from '../../../shared/Badge.tsx'
import { formatDate, useSession } from '../../../shared/index.ts'
import { api } from '../../../api/client.ts'
import { useChange, useUsers, type User } from '../queries.ts'
import { Loaded, useTellError } from '../shared.tsx'
import { UserDialog } from './UserDialog.tsx'

/** Who can log in, and what each may do. */
export default function UsersSection() {
  const { t } = useTranslation('settings')
  const [edited, setEdited] = useState<User | 'new' | null>(null)
  return (
    <>
      <p>
        <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => setEdited('new')}>
          {t('users.add')}
        </Button>
      </p>
      <Loaded found={useUsers()}>{(users) => <Users users={users} onEdit={setEdited} />}</Loaded>
      {edited === null ? null : (
        <UserDialog user={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />
      )}
    </>
  )
}

function Users({ users, onEdit }: { users: User[]; onEdit: (user: User) => void }) {
  const { t } = useTranslation('settings')
  const { me } = useSession()
  return (
    <DataTable<User>
      label={t('sections.users')}
      rowKey={(user) => user.id}
      rows={users}
      columns={[
        {
          key: 'name',
          width: 170,
          title: t('users.name'),
          render: (user) => (
            <>
              {user.username}{' '}
              {user.id === me.user_id ? <span className="muted">{t('users.you')}</span> : null}
            </>
          ),
        },
        { key: 'role', width: 120, title: t('users.role'), render: (user) => t(`roles.${user.role}`) },
        {
          key: 'enabled',
          width: 90,
          title: t('users.enabled'),
          render: (user) =>
            user.enabled ? (
              <Badge tone="good">{t('yes')}</Badge>
            ) : (
              <Badge tone="plain">{t('users.disabled')}</Badge>
            ),
        },
        {
          key: 'factor',
          width: 170,
          title: t('users.secondFactor'),
          render: (user) => (user.second_factor ? <Factor user={user} /> : t('no')),
        },
        {
          key: 'created',
          width: 150,
          title: t('users.created'),
          render: (user) => formatDate(user.created_at),
        },
        {
          key: 'login',
          width: 150,
          title: t('users.lastLogin'),
          render: (user) => (user.last_login_at === null ? t('never') : formatDate(user.last_login_at)),
        },
        {
          key: 'edit',
          width: 100,
          title: <span className="visually-hidden">{t('edit')}</span>,
          align: 'end',
          render: (user) => (
            <Button onClick={() => onEdit(user)} aria-label={t('users.editTitle', { name: user.username })}>
              {t('edit')}
            </Button>
          ),
        },
      ]}
    />
  )
}

/** That a user logs in with a code too, and the way to take that off for who lost the phone. */
function Factor({ user }: { user: User }) {
  const { t } = useTranslation('settings')
  const { message } = App.useApp()
  const tell = useTellError()
  const remove = useChange('users', async (id: number) => {
    await api.DELETE('/api/v1/users/{user_id}/second-factor', { params: { path: { user_id: id } } })
  })
  const confirmed = (): void =>
    remove.mutate(user.id, { onSuccess: () => void message.success(t('users.factorRemoved')), onError: tell })
  return (
    <>
      <Badge tone="good">{t('yes')}</Badge>{' '}
      <Popconfirm
        title={t('users.removeFactorOf', { name: user.username })}
        description={t('users.removeFactorAsk', { name: user.username })}
        okText={t('users.removeFactor')}
        cancelText={t('common:cancel')}
        onConfirm={confirmed}
      >
        <Button size="small" aria-label={t('users.removeFactorOf', { name: user.username })}>
          {t('users.removeFactor')}
        </Button>
      </Popconfirm>
    </>
  )
}
