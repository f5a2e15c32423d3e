import { CopyOutlined } from '@ant-design/icons'
import { App, Button } from 'antd'
import { useTranslation } from 'react-i18next'

import { EmptyState } from '../../../shared/index.ts'
import type { ProductDetail } from '../queries.ts'

/** The row as eMAG sent it. */
export function PayloadTab({ offer }: { offer: ProductDetail }) {
  const { t } = useTranslation('offers')
  const { message } = App.useApp()
  if (offer.payload === null) return <EmptyState title={t('detail.payloadMissing')} />
  const text = JSON.stringify(offer.payload, null, 2)
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text)
    void message.success(t('detail.copied'))
  }
  return (
    <>
      {'clipboard' in navigator ? (
        <p>
          <Button icon={<CopyOutlined aria-hidden />} onClick={() => void copy()}>
            {t('detail.copy')}
          </Button>
        </p>
      ) : null}
      {/* It scrolls, so the keyboard must be able to reach it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className="payload" tabIndex={0} role="region" aria-label={t('detail.payloadLabel')}>
        {text}
      </pre>
    </>
  )
}
