import { ConfigProvider, theme as antTheme } from 'antd'
import type { Locale } from 'antd/es/locale'
import enGB from 'antd/es/locale/en_GB'
import dayjs from 'dayjs'
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { useMedia } from '../shared/media.ts'

export type ThemeChoice = 'system' | 'light' | 'dark'

const STORED = 'emagsync.theme'
const DARK = '(prefers-color-scheme: dark)'
/** What a reader's system says who wants less that moves. */
export const STILL = '(prefers-reduced-motion: reduce)'

interface Theme {
  choice: ThemeChoice
  isDark: boolean
  choose: (choice: ThemeChoice) => void
}

const ThemeContext = createContext<Theme | null>(null)

function storedChoice(): ThemeChoice {
  const stored = localStorage.getItem(STORED)
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}

/** The component library's own words, in the reader's language; English is always there, others come when needed. */
function useLibraryLocale(): Locale {
  const { i18n } = useTranslation()
  const [romanian, setRomanian] = useState<Locale | null>(null)
  const wanted = i18n.language === 'ro'
  useEffect(() => {
    if (wanted && romanian === null)
      void Promise.all([import('antd/es/locale/ro_RO'), import('dayjs/locale/ro')]).then(([module]) =>
        setRomanian(module.default),
      )
  }, [wanted, romanian])
  const isRomanian = wanted && romanian !== null
  // The names of months and days in calendars.
  dayjs.locale(isRomanian ? 'ro' : 'en')
  return isRomanian ? romanian : enGB
}

// The same colours as page.css has them: what the library draws and what we draw look alike.
const TOKENS = {
  light: {
    colorPrimary: '#1554c0',
    colorInfo: '#1554c0',
    colorSuccess: '#237804',
    colorSuccessBg: '#eef7ea',
    colorSuccessBorder: '#b4d6a4',
    colorError: '#c4161c',
    colorText: '#1b202b',
    colorTextHeading: '#1b202b',
    colorTextDescription: '#545b69',
    colorTextPlaceholder: '#646b79',
    colorBorder: '#cfd5df',
    colorBorderSecondary: '#e3e7ee',
    colorBgLayout: '#f6f7f9',
  },
  dark: {
    colorPrimary: '#2f6fdd',
    colorInfo: '#5b93f0',
    colorBgBase: '#171b22',
    colorBgContainer: '#171b22',
    colorBgElevated: '#1c212a',
    colorBgLayout: '#0f1216',
    colorBorder: '#3a4250',
    colorBorderSecondary: '#2a303b',
    colorText: '#e6e8ee',
    colorTextHeading: '#f1f2f6',
    colorTextDescription: '#a7afbf',
    colorTextPlaceholder: '#9aa2b2',
    colorLink: '#9fc3ff',
    colorError: '#d9363e',
    colorErrorText: '#ff8a84',
  },
}

const COMPONENTS = {
  light: {},
  dark: {
    // The library's own hover colours are too dim on dark for small text.
    Button: {
      defaultHoverColor: '#a9c8fb',
      defaultHoverBorderColor: '#a9c8fb',
      defaultActiveColor: '#a9c8fb',
      defaultActiveBorderColor: '#a9c8fb',
      colorError: '#ff8a84',
      colorErrorHover: '#ffaaa5',
      colorErrorActive: '#ffaaa5',
      dangerColor: '#1c0605',
    },
    // A drawer is a page at the side, no popup: it has the colour of cards.
    Drawer: { colorBgElevated: '#171b22' },
  },
}

/** Inter has the letters of Romanian, Bulgarian and Hungarian; it is shipped with the page (main.tsx). */
const FONT = "'Inter Variable', system-ui, sans-serif"

export function ThemeProvider({ children }: { children: ReactNode }) {
  const [choice, setChoice] = useState(storedChoice)
  const systemDark = useMedia(DARK)
  const isStill = useMedia(STILL)
  const isDark = choice === 'system' ? systemDark : choice === 'dark'
  const locale = useLibraryLocale()

  useEffect(() => {
    document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light'
    // What Swagger UI looks at.
    document.documentElement.classList.toggle('dark-mode', isDark)
  }, [isDark])

  const value = useMemo(
    () => ({
      choice,
      isDark,
      choose: (next: ThemeChoice) => {
        localStorage.setItem(STORED, next)
        setChoice(next)
      },
    }),
    [choice, isDark],
  )
  return (
    <ThemeContext value={value}>
      <ConfigProvider
        locale={locale}
        theme={{
          algorithm: isDark ? antTheme.darkAlgorithm : antTheme.defaultAlgorithm,
          components: COMPONENTS[isDark ? 'dark' : 'light'],
          token: {
            ...TOKENS[isDark ? 'dark' : 'light'],
            motion: !isStill,
            borderRadius: 8,
            opacityLoading: 1,
            fontSize: 14,
            fontFamily: FONT,
          },
        }}
      >
        {children}
      </ConfigProvider>
    </ThemeContext>
  )
}

export function useTheme(): Theme {
  const value = useContext(ThemeContext)
  if (value === null) throw new Error('useTheme outside of ThemeProvider')
  return value
}
