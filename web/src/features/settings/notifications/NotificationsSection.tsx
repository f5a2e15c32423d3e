import { PlusOutlined } from '@ant-design/icons'
import { Alert, Button, Flex } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { EmptyState } from '../../../shared/index.ts'
import { Loaded } from '../shared.tsx'
import { MailServerDialog } from './MailServerDialog.tsx'
import { MessagesDialog } from './MessagesDialog.tsx'
import { useMailServer, useRecipients, type Recipient } from './queries.ts'
import { RecipientCard } from './RecipientCard.tsx'
import { RecipientDialog } from './RecipientDialog.tsx'

/** Who is told of what, by mail and other services. */
export default function NotificationsSection() {
  const { t } = useTranslation('notifications')
  const [edited, setEdited] = useState<Recipient | 'new' | null>(null)
  const [watched, setWatched] = useState<Recipient | null>(null)
  const [isMailOpen, setMailOpen] = useState(false)
  const mail = useMailServer().data
  return (
    <>
      <p className="muted">{t('intro')}</p>
      {mail?.mail_server === null ? (
        <Alert
          type="info"
          showIcon
          className="form-error"
          title={t('mail.none')}
          description={t('mail.noneText')}
        />
      ) : null}
      <Flex wrap gap="small">
        <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => setEdited('new')}>
          {t('add')}
        </Button>
        <Button onClick={() => setMailOpen(true)} disabled={mail === undefined}>
          {mail?.mail_server ? t('mail.change', { host: mail.mail_server.host }) : t('mail.set')}
        </Button>
      </Flex>
      <Loaded found={useRecipients()}>
        {(recipients) =>
          recipients.length === 0 ? (
            <EmptyState title={t('noneTitle')} detail={t('noneText')} />
          ) : (
            <Flex vertical gap="middle" className="recipients">
              {recipients.map((one) => (
                <RecipientCard
                  key={one.id}
                  recipient={one}
                  onEdit={() => setEdited(one)}
                  onWatch={() => setWatched(one)}
                />
              ))}
            </Flex>
          )
        }
      </Loaded>
      {edited === null ? null : (
        <RecipientDialog recipient={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />
      )}
      {watched === null ? null : <MessagesDialog recipient={watched} onClose={() => setWatched(null)} />}
      {isMailOpen ? (
        <MailServerDialog server={mail?.mail_server ?? null} onClose={() => setMailOpen(false)} />
      ) : null}
    </>
  )
}
