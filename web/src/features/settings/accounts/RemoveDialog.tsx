import { App, Modal, Radio, Space } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useRemoveAccount, type Account } from '../../connect/queries.ts'
import { FormError } from '../shared.tsx'

/** Removes an account; asks what becomes of the copy of its offers. */
export function RemoveDialog({ account, onClose }: { account: Account; onClose: () => void }) {
  const { t } = useTranslation('settings')
  const { message } = App.useApp()
  const [offers, setOffers] = useState<'keep' | 'delete'>('keep')
  const remove = useRemoveAccount()
  const name = account.account
  const confirmed = (): void =>
    remove.mutate(
      { name, offers },
      {
        onSuccess: () => {
          void message.success(
            t(offers === 'delete' ? 'accounts.removedWithOffers' : 'accounts.removed', { name }),
          )
          onClose()
        },
      },
    )
  return (
    <Modal
      open
      title={t('accounts.removeTitle', { name })}
      okText={t('accounts.remove')}
      okButtonProps={{ danger: true }}
      cancelText={t('common:cancel')}
      confirmLoading={remove.isPending}
      onOk={confirmed}
      onCancel={onClose}
    >
      <FormError error={remove.error} />
      <p>{t('accounts.removeDetail')}</p>
      <Radio.Group
        value={offers}
        aria-label={t('accounts.offers')}
        onChange={(event) => setOffers(event.target.value as 'keep' | 'delete')}
      >
        <Space direction="vertical">
          <Radio value="keep">{t('accounts.keepOffers')}</Radio>
          <Radio value="delete">{t('accounts.deleteOffers')}</Radio>
        </Space>
      </Radio.Group>
    </Modal>
  )
}
