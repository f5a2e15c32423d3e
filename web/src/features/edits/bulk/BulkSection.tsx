import { App, Button, Input, Upload } from 'antd'
import { DownloadOutlined, UploadOutlined } from '@ant-design/icons'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { ErrorState } from '../../../shared/index.ts'
import { pastedFile, templateAddress, type BulkData, type BulkOptions, type FileRequest } from './bulk.ts'
import { BulkPreview } from './BulkPreview.tsx'
import type { DecimalMark } from '../../../shared/numbers.ts'
import { LargeChanges } from '../large/LargeChanges.tsx'
import { FailedRows } from './FailedRows.tsx'
import { Choice } from '../conflicts/Choice.tsx'
import { useAccounts, useBulk } from '../queries.ts'

/** The option that says how a file writes decimals, once somebody has said so. */
function marked(decimal: DecimalMark | null): { decimal?: DecimalMark } {
  return decimal === null ? {} : { decimal }
}

/** Many edits at once: pasted from a spreadsheet or uploaded, looked at row by row, then applied. */
export default function BulkSection() {
  const { t, i18n } = useTranslation('edits')
  const { message } = App.useApp()
  const names = (useAccounts().data ?? []).map((one) => one.account)
  const [account, setAccount] = useState<string | null>(null)
  const [text, setText] = useState('')
  const [shown, setShown] = useState<{ request: FileRequest; data: BulkData } | null>(null)
  const bulk = useBulk()
  const chosen = account ?? names[0] ?? null

  const [decimal, setDecimal] = useState<DecimalMark | null>(null)

  const preview = (file: File, mark: DecimalMark | null = null): void => {
    if (chosen === null) return
    setDecimal(mark)
    const request = { file, account: chosen }
    setShown(null)
    bulk.mutate(
      { request, options: { preview: true, ...marked(mark) } },
      { onSuccess: (data) => setShown({ request, data }) },
    )
  }
  const apply = (options: Omit<BulkOptions, 'preview'>): void => {
    if (shown === null) return
    const { request } = shown
    bulk.mutate(
      { request, options: { ...options, ...marked(decimal), preview: false } },
      {
        onSuccess: (data) => {
          setShown({ request, data })
          if (!data.applied) return
          void message.success(t('bulk.applied', { count: data.kept }))
          setText('')
        },
      },
    )
  }
  return (
    <div className="bulk">
      <p className="muted">
        {t('bulk.intro')} {t('bulk.byItself')}{' '}
        <Link className="bulk-sources" to="/settings/sources">
          {t('bulk.toSources')}
        </Link>
      </p>
      <LargeChanges />
      <div className="edit-filters">
        <Choice label={t('filters.account')} value={chosen} values={names} onChange={setAccount} />
        <Upload
          accept=".csv,.txt,.xlsx"
          showUploadList={false}
          beforeUpload={(file) => {
            preview(file)
            return false
          }}
        >
          <Button icon={<UploadOutlined aria-hidden />}>{t('bulk.upload')}</Button>
        </Upload>
        <Button icon={<DownloadOutlined aria-hidden />} href={templateAddress(i18n.language)} download>
          {t('bulk.template')}
        </Button>
      </div>
      <label>
        {t('bulk.paste')}
        <Input.TextArea
          rows={6}
          className="bulk-text"
          placeholder={t('bulk.placeholder')}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <p className="quick-buttons">
        <Button
          type="primary"
          disabled={text.trim() === '' || chosen === null}
          loading={bulk.isPending && bulk.variables.options.preview}
          onClick={() => preview(pastedFile(text))}
        >
          {t('bulk.preview')}
        </Button>
      </p>
      {bulk.error === null ? null : <ErrorState error={bulk.error} />}
      {shown === null ? null : (
        <BulkPreview
          key={shown.data.token}
          data={shown.data}
          busy={bulk.isPending}
          subject={shown.request.file.name}
          onApply={apply}
          onDecimal={(mark) => preview(shown.request.file, mark)}
          failed={<FailedRows request={shown.request} data={shown.data} decimal={decimal} />}
        />
      )}
    </div>
  )
}
