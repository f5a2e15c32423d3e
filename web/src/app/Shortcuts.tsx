import { Modal } from 'antd'
import { lazy, Suspense, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { act, isCovered, isTyping, ROWS, wishOf } from '../shared/rows.ts'
import { onPalette } from './palette/open.ts'

const Palette = lazy(() => import('./palette/Palette.tsx'))

/** The keys that work on every page: those of lists, Ctrl-K for the palette, ? for what there is. */
export function Shortcuts() {
  const [shown, setShown] = useState<'palette' | 'help' | null>(null)
  useEffect(() => onPalette(() => setShown('palette')), [])
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (asksForPalette(event)) {
        event.preventDefault()
        setShown('palette')
        return
      }
      if (event.defaultPrevented || isTyping(event.target) || isCovered()) return
      const wish = wishOf(event, document.activeElement?.matches(ROWS) ?? false)
      if (wish === null) return
      if (wish.do === 'help') setShown('help')
      else if (!act(wish)) return
      event.preventDefault()
    }
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [])
  const close = (): void => setShown(null)
  if (shown === 'palette') {
    return (
      <Suspense>
        <Palette onClose={close} />
      </Suspense>
    )
  }
  return shown === 'help' ? <Help onClose={close} /> : null
}

function asksForPalette({ ctrlKey, metaKey, altKey, key }: KeyboardEvent): boolean {
  return (ctrlKey || metaKey) && !altKey && key.toLowerCase() === 'k'
}

const KEYS = [
  ['Ctrl K', 'palette'],
  ['/', 'search'],
  ['j  k', 'move'],
  ['Enter', 'open'],
  ['␣', 'tick'],
  ['?', 'help'],
] as const

function Help({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Modal open title={t('keys.title')} footer={null} width={420} onCancel={onClose}>
      <dl className="keys">
        {KEYS.map(([key, does]) => (
          <div key={key}>
            <dt>
              {key.split('  ').map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dt>
            <dd>{t(`keys.${does}`)}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  )
}
