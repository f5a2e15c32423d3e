import { CloudUploadOutlined } from '@ant-design/icons'
import { App, Button } from 'antd'
import { useTranslation } from 'react-i18next'

import { useAccounts, usePushNow } from '../queries.ts'
import { useTellError } from '../useTellError.ts'

/** Sends at once, instead of within seconds: a button for each account whose edits are sent. */
export function PushButtons({ account }: { account: string | null }) {
  const { t } = useTranslation('edits')
  const { message } = App.useApp()
  const push = usePushNow()
  const tellError = useTellError()
  const accounts = (useAccounts().data ?? []).filter(
    (one) => one.push !== 'off' && (account === null || one.account_type === account),
  )
  return accounts.map(({ account_type: name }) => (
    <Button
      key={name}
      icon={<CloudUploadOutlined aria-hidden />}
      loading={push.isPending && push.variables === name}
      onClick={() =>
        push.mutate(name, { onSuccess: () => void message.success(t('outbox.pushing')), onError: tellError })
      }
    >
      {t('outbox.push', { account: name.toUpperCase() })}
    </Button>
  ))
}
