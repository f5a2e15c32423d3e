import { useTranslation } from 'react-i18next'

import { Badge } from '../../../shared/Badge.tsx'
import { DataTable } from '../../../shared/DataTable.tsx'
import { useAccounts, type Account } from '../queries.ts'
import { Loaded, Nothing } from '../shared.tsx'
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
    <DataTable<Account>
      label={t('sections.accounts')}
      rowKey={(account) => account.account_type}
      rows={accounts}
      columns={[
        { key: 'name', title: t('accounts.name'), width: 100, render: (account) => account.account_type },
        { key: 'platform', title: t('accounts.platform'), width: 110, render: (account) => account.platform },
        { key: 'address', title: t('accounts.address'), width: 320, render: (account) => account.base_url },
        { key: 'currency', title: t('accounts.currency'), width: 90, render: (account) => account.currency },
        {
          key: 'variables',
          title: t('accounts.variables'),
          width: 240,
          render: ({ account_type }) =>
            variablesOf(account_type).map((name) => (
              <div key={name}>
                <code>{name}</code>
              </div>
            )),
        },
        {
          key: 'state',
          title: t('accounts.state'),
          width: 260,
          render: ({ problem }) =>
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
