import { SearchOutlined, TagOutlined } from '@ant-design/icons'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Modal } from 'antd'
import { useId, useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'

import { api, dataOf } from '../../api/client.ts'
import { useDebounced } from '../../shared/index.ts'
import { OFFERS } from '../../shared/query-keys.ts'
import { useActions, usePages, type Command } from './commands.tsx'
import { matches } from './match.ts'
import './palette.css'

const OFFERS_SHOWN = 6
const SHORTEST = 2
const PAUSE_MS = 150

/** Goes to an offer, to a page, or does something, by a few letters of it. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const pages = usePages().filter(({ label }) => matches(label, text))
  const actions = useActions().filter(({ label }) => matches(label, text))
  const offers = useFoundOffers(text)
  const choose = (command: Command): void => {
    onClose()
    command.run()
  }
  return (
    <Modal
      open
      footer={null}
      closable={false}
      width={600}
      className="palette"
      aria-label={t('palette.label')}
      onCancel={onClose}
    >
      <Menu
        groups={{ offers, pages, actions }}
        text={text}
        // Another text finds other things: the first of them is the one that Enter takes.
        onText={setText}
        onChoose={choose}
      />
    </Modal>
  )
}

interface MenuProps {
  groups: Record<'offers' | 'pages' | 'actions', readonly Command[]>
  text: string
  onText: (text: string) => void
  onChoose: (command: Command) => void
}

/** A combobox whose list stays open, after the ARIA authoring practices: the focus stays in the field. */
function Menu({ groups, text, onText, onChoose }: MenuProps) {
  const { t } = useTranslation()
  const list = useId()
  const [at, setAt] = useState(0)
  const all = Object.values(groups).flat()
  const active = all[Math.min(at, all.length - 1)]
  const idOf = (command: Command): string => `${list}-${command.id}`
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined && all.length > 0)
      setAt((Math.min(at, all.length - 1) + step + all.length) % all.length)
    else if (event.key === 'Enter' && active !== undefined) onChoose(active)
    else return
    event.preventDefault()
  }
  return (
    <>
      <div className="palette-input">
        <SearchOutlined aria-hidden />
        <input
          role="combobox"
          aria-label={t('palette.label')}
          aria-expanded
          aria-controls={list}
          aria-activedescendant={active === undefined ? undefined : idOf(active)}
          aria-autocomplete="list"
          autoFocus
          spellCheck={false}
          placeholder={t('palette.placeholder')}
          value={text}
          onChange={(event) => {
            setAt(0)
            onText(event.target.value)
          }}
          onKeyDown={press}
        />
        <kbd>Esc</kbd>
      </div>
      <div id={list} role="listbox" aria-label={t('palette.label')} className="palette-list">
        {(['offers', 'pages', 'actions'] as const).map((group) =>
          groups[group].length === 0 ? null : (
            <div key={group} role="group" aria-labelledby={`${list}-${group}`}>
              <p id={`${list}-${group}`} className="palette-group">
                {t(`palette.${group}`)}
              </p>
              {groups[group].map((command) => (
                // The field has the keys.
                // eslint-disable-next-line jsx-a11y/click-events-have-key-events
                <div
                  key={command.id}
                  id={idOf(command)}
                  ref={command === active ? intoView : undefined}
                  role="option"
                  tabIndex={-1}
                  aria-selected={command === active}
                  className="palette-item"
                  onMouseMove={() => setAt(all.indexOf(command))}
                  onClick={() => onChoose(command)}
                >
                  {command.icon}
                  <span>{command.label}</span>
                </div>
              ))}
            </div>
          ),
        )}
      </div>
      {all.length === 0 ? <p className="palette-nothing">{t('palette.nothing')}</p> : null}
    </>
  )
}

function intoView(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: 'nearest' })
}

/** The offers that a text finds, by SKU, name, EAN or PNK. */
function useFoundOffers(text: string): Command[] {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const search = useDebounced(text.trim(), PAUSE_MS)
  const found = useQuery({
    queryKey: [OFFERS, 'palette', search],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/api/v1/emag/products/products', {
          params: { query: { search, limit: OFFERS_SHOWN } },
          signal,
        }),
      ),
    enabled: search.length >= SHORTEST,
    placeholderData: keepPreviousData,
  })
  if (text.trim().length < SHORTEST) return []
  return (found.data?.data.products ?? []).map((offer) => ({
    id: `offer-${offer.id}`,
    label: [offer.name ?? t('palette.unnamed'), offer.part_number, offer.account].filter(Boolean).join(' · '),
    icon: <TagOutlined aria-hidden />,
    run: () => void navigate(`/offers?offer=${offer.id}`),
  }))
}
