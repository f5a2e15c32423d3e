import { Modal } from 'antd'
import { useTranslation } from 'react-i18next'

import type { FieldError } from '../../../api/errors.ts'
import { useFieldWords } from '../useFieldWords.ts'

interface Props {
  doubts: readonly FieldError[]
  /** What was typed, in words: "100,00 → 40,00". */
  summary?: string
  busy: boolean
  onYes: () => void
  onNo: () => void
}

/** Asks whether an edit that looks like a slip is meant. */
export function ConfirmDialog({ doubts, summary, busy, onYes, onNo }: Props) {
  const { t } = useTranslation('edits')
  const words = useFieldWords()
  return (
    <Modal
      open
      // Above the editor in the table.
      zIndex={1200}
      title={t('confirm.title')}
      okText={t('confirm.yes')}
      cancelText={t('confirm.no')}
      confirmLoading={busy}
      onOk={onYes}
      onCancel={onNo}
    >
      {summary === undefined ? null : <p className="edit-summary">{summary}</p>}
      <ul className="objections">
        {doubts.map((doubt) => (
          <li key={`${doubt.field} ${doubt.code}`}>
            <strong>{words.field(doubt.field)}</strong>: {words.objection(doubt)}
          </li>
        ))}
      </ul>
      <p className="muted">{t('confirm.text')}</p>
    </Modal>
  )
}
