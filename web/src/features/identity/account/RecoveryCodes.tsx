import { Alert, App, Button } from 'antd'
import { useTranslation } from 'react-i18next'

/** Recovery codes, shown this once. */
export function RecoveryCodes({ codes }: { codes: string[] }) {
  const { t } = useTranslation('identity')
  const { message } = App.useApp()
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(codes.join('\n'))
    void message.success(t('recovery.copied'))
  }
  return (
    <>
      <Alert type="warning" showIcon title={t('recovery.keepTitle')} description={t('recovery.keep')} />
      <ul className="recovery-codes" aria-label={t('recovery.title')}>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      {'clipboard' in navigator ? <Button onClick={() => void copy()}>{t('recovery.copy')}</Button> : null}
    </>
  )
}
