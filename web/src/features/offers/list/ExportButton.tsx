import { DownloadOutlined } from '@ant-design/icons'
import { Button, Popover } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { exportAddress, type OfferView } from '../view.ts'

const FORMATS = ['xlsx', 'csv'] as const

/** Downloads the whole selection as a file. The links are plain ones, so the browser shows the download itself. */
export function ExportButton({ view, offers }: { view: OfferView; offers: string }) {
  const { t } = useTranslation('offers')
  const [open, setOpen] = useState(false)
  const links = (
    <div className="export-links">
      <p className="muted">{t('export.hint', { offers })}</p>
      {FORMATS.map((format) => (
        <a
          key={format}
          href={exportAddress(view, format)}
          download
          onClick={() => {
            setOpen(false)
          }}
        >
          {t(`export.${format}`)}
        </a>
      ))}
    </div>
  )
  return (
    <Popover trigger="click" placement="bottomRight" content={links} open={open} onOpenChange={setOpen}>
      <Button icon={<DownloadOutlined aria-hidden />}>{t('export.button')}</Button>
    </Popover>
  )
}
