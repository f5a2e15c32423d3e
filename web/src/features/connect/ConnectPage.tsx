import { Button, Form } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { LoadingState, NoPermission, PageHeader, useRole } from '../../shared/index.ts'
import { FormError } from '../../shared/FormError.tsx'
import { AccountFields, asNewAccount, type AccountValues } from './AccountFields.tsx'
import { FirstCopy } from './FirstCopy.tsx'
import { useAccountList, useAddAccount, useChangeAccount, useTest } from './queries.ts'
import { TestResult } from './TestResult.tsx'
import '../sync/sync.css'
import './connect.css'

const EMPTY: AccountValues = {
  account: 'main',
  platform: 'emag-ro',
  username: '',
  password: '',
  base_url: '',
}

/** From nothing to the first copy: an account, its test, and the copy as it goes. */
export default function ConnectPage() {
  const { t } = useTranslation('connect')
  const { can } = useRole()
  const list = useAccountList()
  if (!can('admin')) return <NoPermission needed="admin" />
  return (
    <>
      <PageHeader title={t('title')} subtitle={t('subtitle')} />
      {list.data === undefined ? (
        <LoadingState />
      ) : (
        <Connecting
          taken={list.data.accounts.map(({ account }) => account)}
          otherAddresses={list.data.other_addresses}
        />
      )}
    </>
  )
}

/** A name that no account has yet. */
function freeName(taken: readonly string[]): string {
  return ['main', 'fbe'].find((name) => !taken.includes(name)) ?? ''
}

function Connecting({ taken, otherAddresses }: { taken: readonly string[]; otherAddresses: boolean }) {
  const { t } = useTranslation('connect')
  const [form] = Form.useForm<AccountValues>()
  const [initial] = useState(() => ({ ...EMPTY, account: freeName(taken) }))
  // Once it is added, the form corrects it.
  const [added, setAdded] = useState<string | null>(null)
  const add = useAddAccount()
  const change = useChangeAccount()
  const test = useTest()

  const save = async (values: AccountValues): Promise<string> => {
    const body = asNewAccount(values)
    if (added === null) return (await add.mutateAsync(body)).account
    const { platform, username, base_url } = body
    const password = values.password || null
    await change.mutateAsync({ name: added, body: { platform, username, base_url, password } })
    return added
  }
  const submit = async (values: AccountValues): Promise<void> => {
    test.reset()
    try {
      const name = await save(values)
      setAdded(name)
      await test.mutateAsync(name)
    } catch {
      // Each of them shows its own error.
    }
  }
  const isBusy = add.isPending || change.isPending || test.isPending
  const works = added !== null && test.data !== undefined
  return (
    <div className="connect">
      <section className="card connect-card" aria-labelledby="connect-account">
        <h2 id="connect-account">{t('steps.account')}</h2>
        <p className="muted">{t('where')}</p>
        <Form<AccountValues>
          form={form}
          layout="vertical"
          requiredMark={false}
          disabled={isBusy || works}
          initialValues={initial}
          onFinish={(values) => void submit(values)}
        >
          <FormError error={add.error ?? change.error} />
          <AccountFields isNew={added === null} otherAddresses={otherAddresses} />
          {works ? null : (
            <Button type="primary" size="large" htmlType="submit" loading={isBusy}>
              {t(added === null ? 'connect' : 'again')}
            </Button>
          )}
        </Form>
      </section>
      <div className="connect-result">
        {added === null ? null : <TestResult name={added} data={test.data} error={test.error} />}
        {works ? <FirstCopy name={added} /> : null}
        {added !== null && !works ? (
          <p className="muted">
            {t('saved')} <Link to="/settings/accounts">{t('settings')}</Link>
          </p>
        ) : null}
      </div>
    </div>
  )
}
