import { App, Button } from 'antd'
import { useTranslation } from 'react-i18next'

/** The address that eMAG saw, to copy, and where it goes in eMAG's panel. */
export function SeenAddress({ ip }: { ip: string }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(ip)
    void message.success(t('seenAddress.copied'))
  }
  return (
    <div className="seen-address">
      <p>
        {t('seenAddress.title')} <code>{ip}</code>{' '}
        {'clipboard' in navigator ? (
          <Button size="small" onClick={() => void copy()}>
            {t('seenAddress.copy')}
          </Button>
        ) : null}
      </p>
      <p className="muted">{t('seenAddress.where')}</p>
    </div>
  )
}
