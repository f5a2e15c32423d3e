import { CloudUploadOutlined } from '@ant-design/icons'
import { App, Button } from 'antd'
import { useTranslation } from 'react-i18next'

import { useAccounts, useOutbox, usePushNow } from '../queries.ts'
import { useTellError } from '../useTellError.ts'

/** Sends at once, instead of within seconds: a button for each account that can send and has something to send. */
export function PushButtons({ account }: { account: string | null }) {
  const accounts = (useAccounts().data ?? []).filter(
    (one) => one.push !== 'off' && one.problem === null && (account === null || one.account === account),
  )
  return accounts.map(({ account }) => <PushButton key={account} account={account} />)
}

function PushButton({ account }: { account: string }) {
  const { t } = useTranslation('edits')
  const { message } = App.useApp()
  const push = usePushNow()
  const tellError = useTellError()
  const waiting = useOutbox({ account, state: 'pending' }).data?.pages[0]?.lines.length ?? 0
  if (waiting === 0) return null
  const send = (): void =>
    push.mutate(account, {
      onSuccess: () => void message.success(t('outbox.pushing')),
      onError: tellError,
    })
  return (
    <Button icon={<CloudUploadOutlined aria-hidden />} loading={push.isPending} onClick={send}>
      {t('outbox.push', { account })}
    </Button>
  )
}
