import { DownloadOutlined } from '@ant-design/icons'
import { Button, Dropdown } from 'antd'
import { useTranslation } from 'react-i18next'

import { exportAddress, type OfferView } from './view.ts'

/** Downloads the whole selection as a file. The links are plain ones, so the browser shows the download itself. */
export function ExportButton({ view, offers }: { view: OfferView; offers: string }) {
  const { t } = useTranslation('offers')
  const item = (format: 'csv' | 'xlsx') => ({
    key: format,
    label: (
      <a href={exportAddress(view, format)} download>
        {t(`export.${format}`)}
      </a>
    ),
  })
  return (
    <Dropdown trigger={['click']} menu={{ items: [item('xlsx'), item('csv')] }}>
      <Button icon={<DownloadOutlined aria-hidden />} title={t('export.hint', { offers })}>
        {t('export.button')}
      </Button>
    </Dropdown>
  )
}
