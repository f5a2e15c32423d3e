import { PlusOutlined } from '@ant-design/icons'
import { Button, Space } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'

import { Badge } from '../../../shared/Badge.tsx'
import { DataTable } from '../../../shared/DataTable.tsx'
import { useAccountList, type Account } from '../../connect/queries.ts'
import { Loaded, Nothing } from '../shared.tsx'
import { AccountDialog } from './AccountDialog.tsx'
import { AccountState } from './AccountState.tsx'
import { RemoveDialog } from './RemoveDialog.tsx'
import { variablesOf } from './variables.ts'

type Open = { dialog: 'edit' | 'remove'; account: Account } | null

/** The accounts: those that were added here, to change, and those of the server's environment, to see. */
export default function AccountsSection() {
  const { t } = useTranslation('settings')
  const navigate = useNavigate()
  const [open, setOpen] = useState<Open>(null)
  const found = useAccountList()
  const close = (): void => setOpen(null)
  return (
    <>
      <p className="muted">{t('accounts.intro')}</p>
      <p>
        <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => void navigate('/connect')}>
          {t('accounts.add')}
        </Button>
      </p>
      <Loaded found={found}>
        {({ accounts }) =>
          accounts.length === 0 ? (
            <Nothing of="accounts" />
          ) : (
            <Accounts accounts={accounts} onOpen={setOpen} />
          )
        }
      </Loaded>
      {open?.dialog === 'edit' ? (
        <AccountDialog
          account={open.account}
          otherAddresses={found.data?.other_addresses ?? false}
          onClose={close}
        />
      ) : null}
      {open?.dialog === 'remove' ? <RemoveDialog account={open.account} onClose={close} /> : null}
    </>
  )
}

function Accounts({ accounts, onOpen }: { accounts: Account[]; onOpen: (open: Open) => void }) {
  const { t } = useTranslation('settings')
  return (
    <DataTable<Account>
      label={t('sections.accounts')}
      rowKey={(account) => account.account}
      rows={accounts}
      columns={[
        { key: 'name', title: t('accounts.name'), width: 90, render: ({ account }) => account },
        {
          key: 'platform',
          title: t('accounts.platform'),
          width: 230,
          render: ({ platform, currency, base_url, username }) => (
            <div>
              <div>
                {[platform ? t(`common:platforms.${platform}`) : null, currency].filter(Boolean).join(' · ')}
              </div>
              <div className="muted account-address">{username}</div>
              <div className="muted account-address">{base_url}</div>
            </div>
          ),
        },
        {
          key: 'source',
          title: t('accounts.source'),
          width: 210,
          render: (account) => <Source {...account} />,
        },
        {
          key: 'push',
          title: t('accounts.push'),
          width: 110,
          render: ({ push }) => t(`accounts.pushes.${push}`),
        },
        {
          key: 'state',
          title: t('accounts.state'),
          width: 250,
          render: (account) => <AccountState account={account} />,
        },
        {
          key: 'actions',
          title: <span className="visually-hidden">{t('edit')}</span>,
          width: 170,
          align: 'end',
          render: (account) =>
            account.source === 'database' ? (
              <Space wrap>
                <Button
                  onClick={() => onOpen({ dialog: 'edit', account })}
                  aria-label={t('accounts.editTitle', { name: account.account })}
                >
                  {t('edit')}
                </Button>
                <Button
                  danger
                  onClick={() => onOpen({ dialog: 'remove', account })}
                  aria-label={t('accounts.removeTitle', { name: account.account })}
                >
                  {t('accounts.remove')}
                </Button>
              </Space>
            ) : null,
        },
      ]}
    />
  )
}

/** Where an account comes from; of one of the environment, the variables that every such account has. */
function Source({ source, account, problem }: Account) {
  const { t } = useTranslation('settings')
  if (source === 'database') return t('accounts.addedHere')
  return (
    <div>
      <Badge tone="plain">{t('accounts.environment')}</Badge>
      {/* A problem names its variables itself: not all of them may be there. */}
      {(problem === null ? variablesOf(account) : []).map((name) => (
        <div key={name}>
          <code>{name}</code>
        </div>
      ))}
    </div>
  )
}
