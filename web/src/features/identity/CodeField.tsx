import { Form, Input } from 'antd'
import { useTranslation } from 'react-i18next'

/** The field for a code of the second factor. `hint` says what may be entered. */
export function CodeField({ hint }: { hint: string }) {
  const { t } = useTranslation('identity')
  return (
    <Form.Item
      name="code"
      label={t('code.label')}
      extra={hint}
      rules={[{ required: true, message: t('required') }]}
    >
      <Input autoComplete="one-time-code" autoFocus maxLength={64} spellCheck={false} />
    </Form.Item>
  )
}
