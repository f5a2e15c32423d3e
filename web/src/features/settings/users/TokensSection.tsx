import { PlusOutlined } from '@ant-design/icons'
import { App, Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { DataTable } from '../../../shared/DataTable.tsx'
import { api } from '../../../api/client.ts'
import { formatDate } from '../../../shared/index.ts'
import { useChange, useTokens, type ApiToken } from '../queries.ts'
import { Loaded, Nothing, SecretDialog, useTellError } from '../shared.tsx'
import { TokenDialog, type MadeToken } from './TokenDialog.tsx'

/** The API tokens of programs. A token's text is shown once, when it is made. */
export default function TokensSection() {
  const { t } = useTranslation('settings')
  const [isAdding, setAdding] = useState(false)
  const [made, setMade] = useState<MadeToken | null>(null)
  return (
    <>
      <p className="muted">{t('tokens.intro')}</p>
      <p>
        <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => setAdding(true)}>
          {t('tokens.add')}
        </Button>
      </p>
      <Loaded found={useTokens()}>
        {(tokens) => (tokens.length === 0 ? <Nothing of="tokens" /> : <Tokens tokens={tokens} />)}
      </Loaded>
      {isAdding ? (
        <TokenDialog
          onClose={() => setAdding(false)}
          onMade={(token) => {
            setAdding(false)
            setMade(token)
          }}
        />
      ) : null}
      {made === null ? null : (
        <SecretDialog
          title={t('tokens.createdTitle', { name: made.name })}
          secret={made.token}
          onClose={() => setMade(null)}
        />
      )}
    </>
  )
}

function Tokens({ tokens }: { tokens: ApiToken[] }) {
  const { t } = useTranslation('settings')
  const { modal, message } = App.useApp()
  const tellError = useTellError()
  const revoke = useChange('tokens', (id: number) =>
    api.DELETE('/api/v1/tokens/{token_id}', { params: { path: { token_id: id } } }),
  )
  const ask = (token: ApiToken): void => {
    modal.confirm({
      title: t('tokens.revokeTitle', { name: token.name }),
      content: t('tokens.revokeText'),
      okText: t('tokens.revoke'),
      okButtonProps: { danger: true },
      cancelText: t('common:cancel'),
      onOk: () =>
        revoke.mutateAsync(token.id).then(() => {
          void message.success(t('tokens.revoked'))
        }, tellError),
    })
  }
  return (
    <DataTable<ApiToken>
      label={t('sections.tokens')}
      rowKey={(token) => token.id}
      rows={tokens}
      columns={[
        { key: 'name', width: 170, title: t('tokens.name'), render: (one) => one.name },
        { key: 'role', width: 110, title: t('tokens.role'), render: (token) => t(`roles.${token.role}`) },
        { key: 'owner', width: 110, title: t('tokens.owner'), render: (one) => one.username },
        {
          key: 'created',
          width: 110,
          title: t('tokens.created'),
          render: (token) => formatDate(token.created_at, 'date'),
        },
        {
          key: 'expires',
          width: 120,
          title: t('tokens.expires'),
          render: (token) => <Expiry token={token} />,
        },
        {
          key: 'used',
          width: 150,
          title: t('tokens.lastUsed'),
          render: (token) => (token.last_used_at === null ? t('never') : formatDate(token.last_used_at)),
        },
        {
          key: 'revoke',
          width: 100,
          title: <span className="visually-hidden">{t('tokens.revoke')}</span>,
          align: 'end',
          render: (token) => (
            <Button danger aria-label={`${t('tokens.revoke')}: ${token.name}`} onClick={() => ask(token)}>
              {t('tokens.revoke')}
            </Button>
          ),
        },
      ]}
    />
  )
}

function Expiry({ token }: { token: ApiToken }) {
  const { t } = useTranslation('settings')
  const [now] = useState(() => Date.now())
  if (token.expires_at === null) return t('never')
  const date = formatDate(token.expires_at, 'date')
  return Date.parse(token.expires_at) < now ? `${date} (${t('tokens.expired')})` : date
}
