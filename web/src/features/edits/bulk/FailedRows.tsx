import { DownloadOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'

import { errorText, formatNumber } from '../../../shared/index.ts'
import type { DecimalMark } from '../../../shared/numbers.ts'
import { useFieldWords } from '../useFieldWords.ts'
import { isFailed, saveFailedRows, type BulkData, type BulkRow, type FileRequest } from './bulk.ts'

interface Props {
  request: FileRequest
  data: BulkData
  decimal: DecimalMark | null
}

/** Downloads the rows of a file that cannot be stored as they are, to be mended there and uploaded again. */
export function FailedRows({ request, data, decimal }: Props) {
  const { t } = useTranslation('edits')
  const words = useFieldWords()
  const failed = data.rows.filter(isFailed)
  const reasonOf = (row: BulkRow): string =>
    [...row.errors, ...row.doubts]
      .map((one) => `${words.field(one.field)}: ${words.objection(one)}`)
      .join('; ')
  const save = useMutation({
    mutationFn: () =>
      saveFailedRows(
        request,
        decimal === null ? {} : { decimal },
        new Map(failed.map((row) => [row.row, reasonOf(row)])),
      ),
  })
  if (failed.length === 0) return null
  const count = { count: failed.length, formatted: formatNumber(failed.length) }
  return (
    <p className="list-actions">
      <Button
        icon={<DownloadOutlined aria-hidden />}
        loading={save.isPending}
        title={t('bulk.failedHint')}
        onClick={() => save.mutate()}
      >
        {t('bulk.failed', count)}
      </Button>
      {save.error === null ? null : <span role="alert">{errorText(t, save.error).title}</span>}
    </p>
  )
}
