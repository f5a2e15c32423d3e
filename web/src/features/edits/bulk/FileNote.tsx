import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'

import { formatNumber } from '../../../shared/index.ts'
import type { BulkData } from './bulk.ts'
import { useFieldWords } from '../useFieldWords.ts'

/** What of a file is hidden, and which of its sheets were not read. */
export function FileNote({ file }: { file: NonNullable<BulkData['file']> }) {
  const { t } = useTranslation('edits')
  const words = useFieldWords()
  const { hidden_rows: rows, hidden_columns: columns, other_sheets: others } = file
  const names = columns.map((name) => words.field(name)).join(', ')
  const what = [
    ...(rows > 0 ? [t('bulk.hiddenRows', { count: rows, formatted: formatNumber(rows) })] : []),
    ...(columns.length > 0 ? [t('bulk.hiddenColumns', { count: columns.length, names })] : []),
  ]
  return (
    <>
      {what.length > 0 ? (
        <Alert
          className="edit-note"
          type="warning"
          showIcon
          title={t('bulk.hiddenTitle')}
          description={t('bulk.hiddenText', { what: what.join(', ') })}
        />
      ) : null}
      {others.length > 0 ? (
        <p className="muted">
          {t('bulk.sheets', { count: others.length, sheet: file.sheet, others: others.join(', ') })}
        </p>
      ) : null}
    </>
  )
}
