import { Button, Popover, Radio } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'

import { useSession } from '../shared/index.ts'
import { chooseLanguage, type Language } from '../shared/translations.ts'
import { useTheme, type ThemeChoice } from './theme.tsx'
import { useMedia } from '../shared/media.ts'

/** Where the menu is at the left edge rather than at the top. */
const WIDE = '(min-width: 1024px)'

const PasswordDialog = lazy(() => import('../features/identity/PasswordDialog.tsx'))

function Choices<T extends string>(props: {
  label: string
  value: T
  options: { value: T; label: string }[]
  onChoose: (value: T) => void
}) {
  return (
    <div className="menu-group" role="group" aria-label={props.label}>
      <span className="muted">{props.label}</span>
      <Radio.Group
        optionType="button"
        size="small"
        value={props.value}
        options={props.options}
        onChange={(event) => props.onChoose(event.target.value as T)}
      />
    </div>
  )
}

/** Who is logged in, with language, colours, the own account and the way out. */
export function UserMenu() {
  const { t, i18n } = useTranslation()
  const { me, logout } = useSession()
  const theme = useTheme()
  const navigate = useNavigate()
  const isWide = useMedia(WIDE)
  const [open, setOpen] = useState(false)
  const [changing, setChanging] = useState(false)
  const menu = (
    <div className="user-menu">
      <p>
        {t('menu.loggedInAs', { name: me.username })}
        <br />
        <span className="muted">{t(`role.${me.role}`)}</span>
      </p>
      <Choices<Language>
        label={t('menu.language')}
        value={i18n.language as Language}
        options={[
          { value: 'ro', label: 'Română' },
          { value: 'en', label: 'English' },
        ]}
        onChoose={(language) => void chooseLanguage(language)}
      />
      <Choices<ThemeChoice>
        label={t('menu.theme')}
        value={theme.choice}
        options={(['system', 'light', 'dark'] as const).map((value) => ({
          value,
          label: t(`theme.${value}`),
        }))}
        onChoose={theme.choose}
      />
      <Button
        block
        onClick={() => {
          setOpen(false)
          void navigate('/account')
        }}
      >
        {t('menu.account')}
      </Button>
      <Button
        block
        onClick={() => {
          setOpen(false)
          setChanging(true)
        }}
      >
        {t('menu.password')}
      </Button>
      <Button block onClick={() => void logout()}>
        {t('menu.logout')}
      </Button>
    </div>
  )
  return (
    <>
      <Popover
        content={menu}
        trigger="click"
        placement={isWide ? 'rightBottom' : 'bottomRight'}
        open={open}
        onOpenChange={setOpen}
      >
        <Button type="text" className="user-button" aria-haspopup="dialog" aria-expanded={open}>
          <span className="user-initial" aria-hidden="true">
            {me.username.slice(0, 1)}
          </span>
          <span className="user-name">{me.username}</span>
        </Button>
      </Popover>
      {changing ? (
        <Suspense>
          <PasswordDialog onClose={() => setChanging(false)} />
        </Suspense>
      ) : null}
    </>
  )
}
