import { PlusOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { DeliveriesDialog } from './DeliveriesDialog.tsx'
import { useWebhooks, type Webhook } from '../queries.ts'
import { Loaded, Nothing, SecretDialog } from '../shared.tsx'
import { WebhookDialog } from './WebhookDialog.tsx'
import { WebhookTable } from './WebhookTable.tsx'

interface Secret {
  name: string
  secret: string
}

/** Which programs are told of ended runs. */
export default function WebhooksSection() {
  const { t } = useTranslation('settings')
  const [edited, setEdited] = useState<Webhook | 'new' | null>(null)
  const [watched, setWatched] = useState<Webhook | null>(null)
  const [secret, setSecret] = useState<Secret | null>(null)
  return (
    <>
      <p className="muted">{t('webhooks.intro')}</p>
      <p>
        <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => setEdited('new')}>
          {t('webhooks.add')}
        </Button>
      </p>
      <Loaded found={useWebhooks()}>
        {(webhooks) =>
          webhooks.length === 0 ? (
            <Nothing of="webhooks" />
          ) : (
            <WebhookTable webhooks={webhooks} onEdit={setEdited} onWatch={setWatched} onSecret={setSecret} />
          )
        }
      </Loaded>
      {edited === null ? null : (
        <WebhookDialog
          webhook={edited === 'new' ? null : edited}
          onClose={() => setEdited(null)}
          onMade={(made) => {
            setEdited(null)
            setSecret(made)
          }}
        />
      )}
      {watched === null ? null : <DeliveriesDialog webhook={watched} onClose={() => setWatched(null)} />}
      {secret === null ? null : (
        <SecretDialog
          title={t('webhooks.secretTitle', { name: secret.name })}
          secret={secret.secret}
          onClose={() => setSecret(null)}
        />
      )}
    </>
  )
}
