import { Table } from 'antd'
import { useTranslation } from 'react-i18next'

import { Badge } from '../../shared/Badge.tsx'
import { useAccounts, type Account } from './queries.ts'
import { Loaded, Nothing } from './shared.tsx'
import { variablesOf } from './variables.ts'

/** The accounts as they are configured: which variables make them, never their values. */
export default function AccountsSection() {
  const { t } = useTranslation('settings')
  return (
    <>
      <p className="muted">{t('accounts.intro')}</p>
      <Loaded found={useAccounts()}>
        {(accounts) => (accounts.length === 0 ? <Nothing of="accounts" /> : <Accounts accounts={accounts} />)}
      </Loaded>
    </>
  )
}

function Accounts({ accounts }: { accounts: Account[] }) {
  const { t } = useTranslation('settings')
  return (
    <Table<Account>
      rowKey="account_type"
      pagination={false}
      scroll={{ x: 900 }}
      dataSource={accounts}
      columns={[
        { key: 'name', title: t('accounts.name'), dataIndex: 'account_type' },
        { key: 'platform', title: t('accounts.platform'), dataIndex: 'platform' },
        { key: 'address', title: t('accounts.address'), dataIndex: 'base_url' },
        { key: 'currency', title: t('accounts.currency'), dataIndex: 'currency' },
        {
          key: 'variables',
          title: t('accounts.variables'),
          render: (_, { account_type }) =>
            variablesOf(account_type).map((name) => (
              <div key={name}>
                <code>{name}</code>
              </div>
            )),
        },
        {
          key: 'state',
          title: t('accounts.state'),
          render: (_, { problem }) =>
            problem === null ? (
              <Badge tone="good">{t('accounts.usable')}</Badge>
            ) : (
              <span className="problem">{problem}</span>
            ),
        },
      ]}
    />
  )
}
