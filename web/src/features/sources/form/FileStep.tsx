import { UploadOutlined } from '@ant-design/icons'
import { Alert, Button, Form, Upload } from 'antd'
import { useTranslation } from 'react-i18next'

import { formatNumber, LoadingState } from '../../../shared/index.ts'
import type { Look } from '../queries.ts'
import { FoundFormat } from './FoundFormat.tsx'
import type { Draft } from './draft.ts'
import { FormatFields } from './FormatFields.tsx'
import { KeyField, MappingField } from './MappingField.tsx'
import { Refusal } from './Refusal.tsx'
import { checkMapping, useMappingWords } from './mapping.ts'

interface Props {
  draft: Draft
  look: Look | null
  isLooking: boolean
  error: Error | null
  /** Looks at the source's file again, or at a sample. */
  onLook: (sample?: File) => void
}

/** The second step: what the file turned out to be, and which of its columns is what. */
export function FileStep({ draft, look, isLooking, error, onLook }: Props) {
  const { t } = useTranslation('sources')
  const isUpload = draft.kind === 'upload'
  return (
    <>
      {isUpload ? <Sample onLook={onLook} busy={isLooking} /> : null}
      {isLooking ? <LoadingState rows={5} /> : null}
      {isLooking ? null : (
        <Refusal
          error={error}
          action={isUpload ? null : <Button onClick={() => onLook()}>{t('common:retry')}</Button>}
        />
      )}
      {!isLooking && look !== null ? <Found look={look} draft={draft} /> : null}
      <details open={look !== null && look.reason !== null}>
        <summary>{t('form.formatTitle')}</summary>
        <p className="muted">{t('form.formatText')}</p>
        <FormatFields format={draft.format} found={look} />
        {isUpload ? null : (
          <Button onClick={() => onLook()} loading={isLooking}>
            {t('form.lookAgain')}
          </Button>
        )}
      </details>
    </>
  )
}

function Sample({ onLook, busy }: { onLook: (sample: File) => void; busy: boolean }) {
  const { t } = useTranslation('sources')
  return (
    <>
      <p className="muted">{t('form.sampleText')}</p>
      <Upload
        accept=".csv,.txt,.xlsx,.json,.xml"
        showUploadList={false}
        beforeUpload={(file) => {
          onLook(file)
          return false
        }}
      >
        <Button icon={<UploadOutlined aria-hidden />} loading={busy}>
          {t('form.sample')}
        </Button>
      </Upload>
    </>
  )
}

/** The columns with their first values, or why there are none. */
function Found({ look, draft }: { look: Look; draft: Draft }) {
  const { t } = useTranslation('sources')
  const words = useMappingWords()
  return (
    <>
      {look.reason !== null && !isAboutColumns(look) ? (
        <Alert
          type="error"
          showIcon
          role="alert"
          title={t('form.unreadable')}
          description={t([`common:error.file_unreadable.reasons.${look.reason}`, 'form.unreadableOther'], {
            ...look.values,
            message: look.message ?? '',
          })}
        />
      ) : null}
      {look.headings.length > 0 ? (
        <>
          <FoundFormat look={look} />
          {look.host_key == null ? null : (
            <p className="muted address">{t('form.hostKey', { key: look.host_key })}</p>
          )}
          <p>
            {t('form.mappingText', {
              count: look.headings.length,
              formatted: formatNumber(look.headings.length),
            })}
          </p>
          <Form.Item
            name="corrections"
            className="source-mapping"
            rules={[
              {
                // By its value: the draft is that of the rendering before.
                validator: (_, corrections: Draft['corrections'] = {}) =>
                  checkMapping(look, { ...draft, corrections }, words.fault),
              },
            ]}
          >
            <MappingField look={look} isGuessed={draft.is_guessed} />
          </Form.Item>
          <KeyField look={look} draft={draft} />
        </>
      ) : null}
    </>
  )
}

/** What the guesses lack is told at the columns, which people correct. */
function isAboutColumns({ reason, headings }: Look): boolean {
  return (
    headings.length > 0 && ['no_key_column', 'no_value_column', 'repeated_columns'].includes(reason ?? '')
  )
}
