import { Alert, Button } from 'antd'
import { useTranslation } from 'react-i18next'

import { formatNumber } from '../../../shared/index.ts'
import type { BulkData } from './bulk.ts'
import type { DecimalMark } from '../../../shared/numbers.ts'
import { useFieldWords } from '../useFieldWords.ts'

/** What of a file is hidden or was not read, and how its numbers were understood. */
interface Props {
  file: NonNullable<BulkData['file']>
  onDecimal?: ((mark: DecimalMark) => void) | undefined
}

export function FileNote({ file, onDecimal }: Props) {
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
      {file.ignored_columns.length > 0 ? (
        <p className="muted">{t('bulk.ignored', { names: file.ignored_columns.join(', ') })}</p>
      ) : null}
      <Decimals file={file} onDecimal={onDecimal} />
      {others.length > 0 ? (
        <p className="muted">
          {t('bulk.sheets', { count: others.length, sheet: file.sheet, others: others.join(', ') })}
        </p>
      ) : null}
    </>
  )
}

/** Asks how the file writes decimals where a number could be two; tells it where the reader's language decided. */
function Decimals({ file, onDecimal }: Props) {
  const { t } = useTranslation('edits')
  const isOpen = file.ambiguous > 0 || file.by_locale > 0 || file.decimal_by === 'answer'
  if (!isOpen || onDecimal === undefined) return null
  return (
    <Alert
      className="edit-note"
      type={file.ambiguous > 0 ? 'warning' : 'info'}
      showIcon
      title={t(file.decimal === null ? 'bulk.decimals.ask' : `bulk.decimals.${file.decimal}`)}
      description={
        <>
          <Button size="small" disabled={file.decimal === 'comma'} onClick={() => onDecimal('comma')}>
            1.050 = 1050
          </Button>{' '}
          <Button size="small" disabled={file.decimal === 'point'} onClick={() => onDecimal('point')}>
            {t('bulk.decimals.small')}
          </Button>
        </>
      }
    />
  )
}
