import { Form, Input, Radio, Select } from 'antd'
import { useTranslation } from 'react-i18next'

import { useAccountNames, type Source } from '../queries.ts'
import type { Draft } from './draft.ts'
import { LoginFields } from './LoginFields.tsx'

const KINDS: readonly Draft['kind'][] = ['https', 'sftp', 'folder', 'upload']
const EXAMPLES: Record<Draft['kind'], string> = {
  https: 'https://erp.exemplu.ro/stoc.csv',
  sftp: 'sftp://sftp.exemplu.ro/export/stoc-*.csv',
  folder: 'stoc-*.csv',
  upload: '',
}

interface Props {
  draft: Draft
  source: Source | null
  /** Whether the server allows a folder. */
  hasFolder: boolean
}

/** The first step: what it is called, of which account, and where its file comes from. */
export function PlaceStep({ draft, source, hasFolder }: Props) {
  const { t } = useTranslation('sources')
  const accounts = useAccountNames().map((name) => ({ value: name, label: name }))
  const required = { required: true, message: t('form.required') }
  return (
    <>
      <Form.Item
        name="name"
        label={t('form.name')}
        extra={t('form.nameHint')}
        rules={[{ ...required, whitespace: true }]}
      >
        <Input maxLength={100} autoComplete="off" autoFocus />
      </Form.Item>
      <Form.Item name="account" label={t('form.account')} extra={t('form.accountHint')} rules={[required]}>
        <Select options={accounts} />
      </Form.Item>
      <Form.Item name="kind" label={t('form.kind')} extra={source === null ? undefined : t('form.kindStays')}>
        <Radio.Group className="source-choices" disabled={source !== null}>
          {KINDS.map((kind) => (
            <Radio key={kind} value={kind} disabled={kind === 'folder' && !hasFolder}>
              <strong>{t(`kinds.${kind}`)}</strong>
              <span className="muted source-choice-text">
                {t(kind === 'folder' && !hasFolder ? 'kindTexts.folderOff' : `kindTexts.${kind}`)}
              </span>
            </Radio>
          ))}
        </Radio.Group>
      </Form.Item>
      {draft.kind === 'upload' ? (
        <p className="muted">{t(source === null ? 'form.uploadLater' : 'form.uploadThere')}</p>
      ) : (
        <Form.Item
          name="address"
          label={t(`form.addresses.${draft.kind}`)}
          extra={t(`form.addressHints.${draft.kind}`)}
          rules={[{ ...required, whitespace: true }]}
        >
          <Input maxLength={2000} autoComplete="off" spellCheck={false} placeholder={EXAMPLES[draft.kind]} />
        </Form.Item>
      )}
      <LoginFields draft={draft} source={source} />
    </>
  )
}
