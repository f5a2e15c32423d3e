import { DownOutlined, TableOutlined, UpOutlined } from '@ant-design/icons'
import { Button, Checkbox, Popover } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { FIXED_COLUMN, USUAL_COLUMNS, type ColumnKey } from './keys.ts'
import { allColumns, areUsual, moved, toggled } from './order.ts'

interface Props {
  chosen: readonly ColumnKey[]
  onChange: (columns: readonly ColumnKey[]) => void
}

/** Which columns the table has, and in which order: moved by buttons, or by dragging. */
export function ColumnChoice({ chosen, onChange }: Props) {
  const { t } = useTranslation('offers')
  const [dragged, setDragged] = useState<ColumnKey | null>(null)
  const rows = (
    <div className="column-choice">
      <ul aria-label={t('columns.chooseLabel')}>
        {allColumns(chosen).map((key) => {
          const at = chosen.indexOf(key)
          return (
            <li
              key={key}
              draggable={at >= 0}
              className={dragged === key ? 'is-dragged' : undefined}
              onDragStart={() => setDragged(key)}
              onDragEnd={() => setDragged(null)}
              onDragOver={(event) => {
                if (dragged !== null && at >= 0) event.preventDefault()
              }}
              onDrop={() => {
                if (dragged !== null && at >= 0) onChange(moved(chosen, dragged, at))
              }}
            >
              <Checkbox
                checked={at >= 0}
                disabled={key === FIXED_COLUMN}
                onChange={() => onChange(toggled(chosen, key))}
              >
                {t(`columns.${key}`)}
              </Checkbox>
              {at < 0 ? null : (
                <span className="column-moves">
                  <Button
                    type="text"
                    size="small"
                    icon={<UpOutlined aria-hidden />}
                    aria-label={t('columns.up', { column: t(`columns.${key}`) })}
                    disabled={at === 0}
                    onClick={() => onChange(moved(chosen, key, at - 1))}
                  />
                  <Button
                    type="text"
                    size="small"
                    icon={<DownOutlined aria-hidden />}
                    aria-label={t('columns.down', { column: t(`columns.${key}`) })}
                    disabled={at === chosen.length - 1}
                    onClick={() => onChange(moved(chosen, key, at + 1))}
                  />
                </span>
              )}
            </li>
          )
        })}
      </ul>
      <Button size="small" disabled={areUsual(chosen)} onClick={() => onChange(USUAL_COLUMNS)}>
        {t('columns.usual')}
      </Button>
    </div>
  )
  return (
    <Popover trigger="click" placement="bottomRight" content={rows}>
      <Button icon={<TableOutlined aria-hidden />} aria-label={t('columns.chooseLabel')}>
        {t('columns.choose')}
      </Button>
    </Popover>
  )
}
