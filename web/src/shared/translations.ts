import i18next, {
  type BackendModule,
  type FormatterModule,
  type InterpolationOptions,
  type ResourceKey,
} from 'i18next'
import { initReactI18next } from 'react-i18next'

import { formatNumber } from './format.ts'

export const LANGUAGES = ['ro', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

/**
 * How values come into texts. What is counted is a number of the reader's language, `2.545`, in every text; other numbers, such
 * as ids, stand as they are.
 */
export const numbersInTexts: FormatterModule = {
  type: 'formatter',
  init: () => undefined,
  add: () => undefined,
  addCached: () => undefined,
  format: (value: unknown, _format, language, options) =>
    options?.['interpolationkey'] === 'count' && typeof value === 'number'
      ? formatNumber(value, language === undefined ? {} : { language })
      : (value as string),
}

/** React escapes; every value goes through `numbersInTexts`. */
export const INTERPOLATION: InterpolationOptions = { escapeValue: false, alwaysFormat: true }

const STORED = 'emagsync.language'

const texts = import.meta.glob<{ default: ResourceKey }>(['./i18n/*.json', '../features/**/i18n/*.json'])

// A namespace has the name of the folder whose texts it holds; `common` is shared/i18n.
const byName = new Map(
  Object.entries(texts).map(([path, load]) => {
    const [folder = '', , file = ''] = path.split('/').slice(-3)
    return [`${folder === '.' ? 'common' : folder}/${file}`, load]
  }),
)

const files: BackendModule = {
  type: 'backend',
  init: () => undefined,
  read: (language, namespace, callback) => {
    const load = byName.get(`${namespace}/${language}.json`)
    if (load === undefined) {
      callback(new Error(`no texts of ${namespace} in ${language}`), false)
      return
    }
    load().then(
      (module) => callback(null, module.default),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), false),
    )
  },
}

function isLanguage(value: string | null | undefined): value is Language {
  return LANGUAGES.some((language) => language === value)
}

/** The chosen language, else the first of the browser's that there is, else English. */
export function preferredLanguage(stored: string | null, wanted: readonly string[]): Language {
  if (isLanguage(stored)) return stored
  return wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? 'en'
}

export async function startI18n(): Promise<void> {
  i18next.on('languageChanged', (language) => {
    document.documentElement.lang = language
  })
  await i18next
    .use(files)
    .use(numbersInTexts)
    .use(initReactI18next)
    .init({
      lng: preferredLanguage(localStorage.getItem(STORED), navigator.languages),
      supportedLngs: LANGUAGES,
      fallbackLng: false,
      ns: ['common'],
      defaultNS: 'common',
      interpolation: INTERPOLATION,
    })
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(STORED, language)
  await i18next.changeLanguage(language)
}
