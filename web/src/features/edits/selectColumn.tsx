import { Checkbox } from 'antd'
import type { TFunction } from 'i18next'

import type { Column } from '../../shared/DataTable.tsx'
import type { Selection } from './useSelection.ts'

/** The column of boxes by which rows are chosen; rows that may not be have none. */
export function selectColumn<Row extends { id: number; emag_id: number }>(
  selection: Selection,
  may: (row: Row) => boolean,
  t: TFunction<'edits'>,
): Column<Row> {
  return {
    key: 'select',
    title: (
      <Checkbox
        aria-label={t('select.all')}
        checked={selection.isAll}
        indeterminate={!selection.isAll && selection.chosen.length > 0}
        onChange={selection.toggleAll}
      />
    ),
    width: 44,
    narrow: 'bare',
    render: (row) =>
      may(row) ? (
        <Checkbox
          aria-label={t('select.one', { offer: row.emag_id })}
          checked={selection.has(row.id)}
          onChange={() => selection.toggle(row.id)}
        />
      ) : null,
  }
}
