import { useQuery } from '@tanstack/react-query'

import { api, dataOf, type Schemas } from '../../../api/client.ts'

export type Recipient = Schemas['Recipient']
export type Rule = Schemas['Rule']
export type RuleKind = Schemas['RuleKind']
export type Message = Schemas['Notification']
export type MailServer = Schemas['MailServer']

/** The list that `useChange` reads again after a change of anything here. */
export const NOTIFICATIONS = 'notifications'

export function useRecipients() {
  return useQuery({
    queryKey: ['settings', NOTIFICATIONS, 'recipients'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/notifications/recipients', { signal })),
    select: (answer) => answer.recipients,
  })
}

export function useMailServer() {
  return useQuery({
    queryKey: ['settings', NOTIFICATIONS, 'mail-server'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/notifications/mail-server', { signal })),
  })
}

export function useMessages(id: string) {
  return useQuery({
    queryKey: ['settings', NOTIFICATIONS, 'messages', id],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/api/v1/notifications/recipients/{recipient_id}/deliveries', {
          params: { path: { recipient_id: id } },
          signal,
        }),
      ),
    select: (answer) => answer.deliveries,
  })
}
