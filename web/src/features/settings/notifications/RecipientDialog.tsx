import { App, Form, Input, Modal, Select, Switch } from 'antd'
import { useTranslation } from 'react-i18next'

import { api, dataOf } from '../../../api/client.ts'
import { ADDRESS } from '../../../api/root.ts'
import { useChange } from '../queries.ts'
import { FormError } from '../shared.tsx'
import { NOTIFICATIONS, type Recipient, type Rule } from './queries.ts'
import { RulesField } from './RulesField.tsx'
import { USUAL_RULES } from './rules.ts'

interface Values {
  name: string
  service: Recipient['service']
  address: string
  language: Recipient['language']
  time_zone: string
  daily_hour: number
  enabled: boolean
  rules: Rule[]
}

const SERVICES: readonly Recipient['service'][] = ['email', 'telegram', 'slack', 'teams', 'ntfy', 'other']
const EXAMPLES: Record<Recipient['service'], string> = {
  email: 'maria@example.com',
  telegram: 'tgram://BOT_TOKEN/CHAT_ID',
  slack: 'https://hooks.slack.com/services/...',
  teams: 'https://....logic.azure.com/...',
  ntfy: 'ntfys://ntfy.sh/TOPIC',
  other: 'discord://..., gchat://..., matrixs://..., jsons://...',
}
const HOURS = Array.from({ length: 24 }, (_, hour) => ({
  value: hour,
  label: `${String(hour).padStart(2, '0')}:00`,
}))

const ZONES = Intl.supportedValuesOf('timeZone')
// Each in itself, as people look for it.
const LANGUAGES = [
  { value: 'ro', label: 'Română' },
  { value: 'en', label: 'English' },
]

interface Props {
  recipient: Recipient | null
  onClose: () => void
}

function valuesOf(recipient: Recipient | null, language: string): Values {
  if (recipient !== null) return { ...recipient, address: '' }
  return {
    name: '',
    service: 'email',
    address: '',
    language: language === 'en' ? 'en' : 'ro',
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    daily_hour: 8,
    enabled: true,
    rules: [...USUAL_RULES],
  }
}

/** What the form has for the server: the service follows from the address there. */
function bodyOf({ name, language, time_zone, daily_hour, enabled, rules }: Values) {
  return { name, language, time_zone, daily_hour, enabled, rules, page_url: ADDRESS }
}

function useSave(recipient: Recipient | null) {
  return useChange(NOTIFICATIONS, (values: Values) => {
    const body = bodyOf(values)
    const { address } = values
    if (recipient === null) {
      return dataOf(api.POST('/api/v1/notifications/recipients', { body: { ...body, address } }))
    }
    return dataOf(
      api.PATCH('/api/v1/notifications/recipients/{recipient_id}', {
        params: { path: { recipient_id: recipient.id } },
        body: address === '' ? body : { ...body, address },
      }),
    )
  })
}

/** Adds a recipient or changes one. */
export function RecipientDialog({ recipient, onClose }: Props) {
  const { t, i18n } = useTranslation('notifications')
  const { message } = App.useApp()
  const [form] = Form.useForm<Values>()
  const save = useSave(recipient)
  const submit = (values: Values): void =>
    save.mutate(values, {
      onSuccess: () => {
        void message.success(t('saved'))
        onClose()
      },
    })
  return (
    <Modal
      open
      width={760}
      title={recipient === null ? t('addTitle') : t('editTitle', { name: recipient.name })}
      okText={t('common:save')}
      cancelText={t('common:cancel')}
      confirmLoading={save.isPending}
      onOk={form.submit}
      onCancel={onClose}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={valuesOf(recipient, i18n.language)}
        onFinish={submit}
      >
        <FormError error={save.error} />
        <Whom recipient={recipient} />
        <Form.Item name="rules" label={t('rules')}>
          <RulesField />
        </Form.Item>
        <When />
        <Form.Item name="enabled" label={t('isEnabled')} valuePropName="checked">
          <Switch />
        </Form.Item>
      </Form>
    </Modal>
  )
}

/** The recipient's name, service and address. An address that is left empty stays: it is shown nowhere. */
function Whom({ recipient }: { recipient: Recipient | null }) {
  const { t } = useTranslation('notifications')
  const service = Form.useWatch<Recipient['service'] | undefined>('service') ?? 'email'
  const required = { required: true, message: t('settings:required') }
  return (
    <>
      <Form.Item name="name" label={t('name')} rules={[{ ...required, whitespace: true }]}>
        <Input maxLength={100} autoComplete="off" autoFocus />
      </Form.Item>
      <Form.Item name="service" label={t('service')}>
        <Select options={SERVICES.map((value) => ({ value, label: t(`services.${value}`) }))} />
      </Form.Item>
      <Form.Item
        name="address"
        label={t('address')}
        extra={recipient === null ? t(`hints.${service}`) : t('addressStays', { address: recipient.address })}
        rules={recipient === null ? [required] : []}
      >
        <Input maxLength={2000} autoComplete="off" spellCheck={false} placeholder={EXAMPLES[service]} />
      </Form.Item>
    </>
  )
}

/** When and in which language. */
function When() {
  const { t } = useTranslation('notifications')
  return (
    <>
      <Form.Item name="daily_hour" label={t('dailyHour')}>
        <Select options={HOURS} />
      </Form.Item>
      <Form.Item name="time_zone" label={t('timeZone')}>
        <Select showSearch options={ZONES.map((value) => ({ value, label: value }))} />
      </Form.Item>
      <Form.Item name="language" label={t('language')}>
        <Select options={LANGUAGES} />
      </Form.Item>
    </>
  )
}
