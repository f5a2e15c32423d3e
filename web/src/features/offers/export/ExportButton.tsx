import { DeleteOutlined, DownloadOutlined, EditOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Popconfirm, Popover } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { ErrorState } from '../../../shared/index.ts'
import type { OfferView } from '../view.ts'
import { exportAddress, presetAddress, readerOf } from './address.ts'
import { useExportPresets, useRemovePreset, type Preset } from './queries.ts'

const PresetDialog = lazy(() => import('./PresetDialog.tsx'))

const FORMATS = ['xlsx', 'csv'] as const

interface Props {
  view: OfferView
  /** How many the filters find, in words. */
  offers: string
}

/** Downloads what the filters find as a file, as it is or by a preset. The links are plain ones, so the browser shows the
 * download itself. */
export function ExportButton({ view, offers }: Props) {
  const { t, i18n } = useTranslation('offers')
  const [open, setOpen] = useState(false)
  const [changed, setChanged] = useState<Preset | 'new' | null>(null)
  const reader = readerOf(i18n.language)
  const close = (): void => setOpen(false)
  const links = (
    <div className="export-links">
      <p className="muted">{t('export.hint', { offers })}</p>
      {FORMATS.map((format) => (
        <a key={format} href={exportAddress(view, format, reader)} download onClick={close}>
          {t(`export.${format}`)}
        </a>
      ))}
      <Presets
        view={view}
        open={open}
        onUse={close}
        onChange={(preset) => {
          close()
          setChanged(preset)
        }}
      />
    </div>
  )
  return (
    <>
      <Popover trigger="click" placement="bottomRight" content={links} open={open} onOpenChange={setOpen}>
        <Button icon={<DownloadOutlined aria-hidden />}>{t('export.button')}</Button>
      </Popover>
      {changed === null ? null : (
        <Suspense fallback={null}>
          <PresetDialog
            preset={changed === 'new' ? null : changed}
            view={view}
            language={reader.language}
            onClose={() => setChanged(null)}
          />
        </Suspense>
      )}
    </>
  )
}

interface PresetsProps {
  view: OfferView
  open: boolean
  onUse: () => void
  onChange: (preset: Preset | 'new') => void
}

/** The presets, each a link; what is one's own can be changed and removed. */
function Presets({ view, open, onUse, onChange }: PresetsProps) {
  const { t, i18n } = useTranslation('offers')
  const presets = useExportPresets(open)
  const remove = useRemovePreset()
  const zone = readerOf(i18n.language).time_zone
  return (
    <>
      {presets.error === null ? null : <ErrorState error={presets.error} />}
      {(presets.data ?? []).map((preset) => (
        <span key={preset.id} className="export-preset">
          <a href={presetAddress(view, preset, zone)} download onClick={onUse}>
            {preset.name}
          </a>
          <span className="muted">{preset.shared ? t('export.preset.isShared') : null}</span>
          {preset.is_mine ? (
            <span>
              <Button
                type="text"
                size="small"
                icon={<EditOutlined aria-hidden />}
                aria-label={t('export.preset.changeOf', { name: preset.name })}
                onClick={() => onChange(preset)}
              />
              <Popconfirm
                title={t('export.preset.removeTitle', { name: preset.name })}
                okText={t('export.preset.remove')}
                cancelText={t('common:cancel')}
                onConfirm={() => remove.mutate(preset.id)}
              >
                <Button
                  type="text"
                  size="small"
                  icon={<DeleteOutlined aria-hidden />}
                  aria-label={t('export.preset.removeOf', { name: preset.name })}
                />
              </Popconfirm>
            </span>
          ) : null}
        </span>
      ))}
      <Button size="small" icon={<PlusOutlined aria-hidden />} onClick={() => onChange('new')}>
        {t('export.preset.add')}
      </Button>
    </>
  )
}
