import { Alert, App, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { ADDRESS } from '../../api/root.ts'
import { useRole } from '../../shared/index.ts'
import type { Source } from './queries.ts'

/** How a program sends its file here: the address, the token, and the command by which one can try it. */
export function SendingHelp({ source }: { source: Source }) {
  const { t } = useTranslation('sources')
  const { can } = useRole()
  const { message } = App.useApp()
  const address = `${ADDRESS}/api/v1/sources/${source.id}/file`
  const command = `curl -H "Authorization: Bearer ${t('sending.token')}" --data-binary @stoc.csv ${address}`
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(address)
    void message.success(t('sending.copied'))
  }
  return (
    <Alert
      className="source-sending"
      type="info"
      title={t('sending.title')}
      description={
        <ol>
          <li>
            <span>{t('sending.makeToken')}</span>{' '}
            {can('admin') ? (
              <Link to="/settings/tokens">{t('sending.toTokens')}</Link>
            ) : (
              t('sending.askAdmin')
            )}
          </li>
          <li>
            {t('sending.post')} <code className="address">{address}</code>{' '}
            {'clipboard' in navigator ? (
              <Button size="small" onClick={() => void copy()}>
                {t('sending.copy')}
              </Button>
            ) : null}
          </li>
          <li>
            {t('sending.try')} <code className="address">{command}</code>
          </li>
        </ol>
      }
    />
  )
}
