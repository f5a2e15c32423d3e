/** What the audit log says, in the reader's words. */
import type { Schemas } from '../../../api/client.ts'

export type Entry = Schemas['Entry']

export const ACTIONS = [
  'auth.session',
  'auth.login',
  'auth.logout',
  'auth.password',
  'auth.refused',
  'auth.session_ended',
  'auth.sessions_ended',
  'auth.second_factor_begun',
  'auth.second_factor_on',
  'auth.second_factor_off',
  'auth.recovery_codes',
  'sync.start',
  'sync.retry',
  'sync.apply',
  'sync.stop',
  'sync.cleanup',
  'offer.edit',
  'offer.bulk_edit',
  'edit.withdraw',
  'edits.undo',
  'conflict.resolve',
  'outbox.approve',
  'outbox.reject',
  'push.start',
  'hold.release',
  'hold.refuse',
  'account.test',
  'user.add',
  'user.change',
  'user.second_factor_off',
  'user.logout',
  'user.unlock',
  'token.create',
  'token.revoke',
  'database.grant_reader',
  'database.revoke_reader',
  'schedule.change',
  'freshness.change',
  'freshness.reset',
  'webhook.add',
  'webhook.change',
  'webhook.remove',
  'webhook.secret',
  'webhook.test',
  'webhook.redeliver',
  'recipient.add',
  'recipient.change',
  'recipient.remove',
  'recipient.test',
  'notification.again',
  'mail_server.change',
  'mail_server.remove',
  'source.add',
  'source.change',
  'source.remove',
  'source.read',
  'source.apply',
  'saved_filter.add',
  'saved_filter.change',
  'saved_filter.remove',
  'export_preset.add',
  'export_preset.change',
  'export_preset.remove',
] as const
export type Action = (typeof ACTIONS)[number]

/** The key of an action's text: the texts' own keys are separated by points. */
export function actionKey(action: string): string {
  return action.replace('.', '_')
}

const LONGEST = 300

/** Words for what entries hold: of a detail's name, of a value that is a code or a truth. */
export interface DetailWords {
  readonly name: (name: string) => string
  readonly value: (value: string | number | boolean) => string
}

/** The details of an entry in one line, such as `Rol: Administrator; ID-uri: 1, 2`. */
export function detailText(detail: Entry['detail'], words: DetailWords): string {
  const told = pairs(detail, words, ': ').join('; ')
  return told.length > LONGEST ? `${told.slice(0, LONGEST)}…` : told
}

function pairs(values: object, words: DetailWords, between: string): string[] {
  return Object.entries(values)
    .filter(([, value]) => !isNothing(value))
    .map(([name, value]) => `${words.name(name)}${between}${plain(value, words)}`)
}

function isNothing(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

function plain(value: unknown, words: DetailWords): string {
  if (Array.isArray(value)) return value.map((one) => plain(one, words)).join(', ')
  if (typeof value === 'object' && value !== null) return pairs(value, words, ' ').join(', ')
  return words.value(value as string | number | boolean)
}
