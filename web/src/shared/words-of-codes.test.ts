import { expect, test } from 'vitest'

import openapi from '../api/openapi.json'

// What the server says by a code, the page says in words: a value that it learns has a text in each language.
const FILES = import.meta.glob<Texts>('../**/i18n/*.json', { eager: true, import: 'default' })

interface Texts {
  readonly [key: string]: string | Texts
}

/** The schema, or a property of one, whose values are meant; the file of texts; the key that holds them. */
const CODES: readonly (readonly [string, string, string])[] = [
  ['ChangeKind', 'shared', 'changeKinds'],
  ['AccountView.push', 'features/settings', 'accounts.pushes'],
  ['AccountView.push', 'features/settings', 'accounts.pushTexts'],
  ['ContactState', 'features/settings', 'accounts.contact'],
  ['Role', 'features/settings', 'roles'],
  ['JobKind', 'features/settings', 'schedule.kinds'],
  ['EventKind', 'features/settings', 'webhooks.kinds'],
  ['DeliveryStatus', 'features/settings', 'webhooks.states'],
  ['RuleKind', 'features/settings/notifications', 'kinds'],
  ['MessageStatus', 'features/settings/notifications', 'states'],
  ['Service', 'features/settings/notifications', 'services'],
  ['Timing', 'features/settings/notifications', 'timings'],
  ['OutboxState', 'features/edits', 'outbox.states'],
  ['PushStatus', 'features/edits', 'undo.statuses'],
  ['Resolution', 'features/edits', 'conflicts.resolutions'],
  ['ConflictState', 'features/edits', 'conflicts.states'],
  ['Effect', 'features/edits', 'bulk.effects'],
  ['ReasonCode', 'features/edits', 'reasons'],
  ['Alarm', 'features/edits', 'alarms'],
  ['EditableField', 'shared', 'fields'],
  ['Mode', 'features/sync', 'mode'],
  ['ConflictStrategy', 'features/sync', 'strategy'],
  ['RunStatus', 'features/sync', 'status'],
  ['RunStatus', 'features/sync/history', 'status'],
  ['CertificateVerdict', 'features/sync/history', 'certificate.verdicts'],
  ['CertificateReasonCode', 'features/sync/history', 'certificate.reasons'],
  ['Outcome', 'features/sync/history/changes', 'preview.outcomes'],
]

interface Schema {
  readonly enum?: readonly string[]
  readonly const?: string
  readonly $ref?: string
  readonly allOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
}

const SCHEMAS = openapi.components.schemas as unknown as Readonly<Record<string, Schema>>

function valuesOf(schema: Schema | undefined): readonly string[] {
  if (schema === undefined) return []
  if (schema.$ref !== undefined) return valuesOf(SCHEMAS[schema.$ref.split('/').at(-1) ?? ''])
  const parts = [...(schema.allOf ?? []), ...(schema.anyOf ?? [])].flatMap(valuesOf)
  return [...(schema.enum ?? []), ...(schema.const === undefined ? [] : [schema.const]), ...parts]
}

function named(name: string): Schema | undefined {
  const [schema = '', property] = name.split('.')
  return property === undefined ? SCHEMAS[schema] : SCHEMAS[schema]?.properties?.[property]
}

function textsAt(folder: string, language: string, path: string): Texts {
  const file = FILES[folder === 'shared' ? `./i18n/${language}.json` : `../${folder}/i18n/${language}.json`]
  return path.split('.').reduce<Texts>((texts, key) => texts[key] as Texts, file ?? {})
}

test.each(CODES)('every value of %s has its words in %s, %s', (name, folder, path) => {
  const values = valuesOf(named(name))
  expect(values.length).toBeGreaterThan(1)
  for (const language of ['ro', 'en']) {
    const texts = textsAt(folder, language, path)
    const isSaid = (value: string) => [value, `${value}_other`].some((key) => typeof texts[key] === 'string')
    expect(values.filter((value) => !isSaid(value))).toEqual([])
  }
})
