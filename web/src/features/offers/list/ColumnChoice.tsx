import { TableOutlined } from '@ant-design/icons'
import { Button, Checkbox, Popover } from 'antd'
import { useTranslation } from 'react-i18next'

import { COLUMN_KEYS, FIXED_COLUMN, type ColumnKey } from './columns.tsx'

interface Props {
  chosen: readonly ColumnKey[]
  onChange: (columns: readonly ColumnKey[]) => void
}

/** Which columns the table has. */
export function ColumnChoice({ chosen, onChange }: Props) {
  const { t } = useTranslation('offers')
  const boxes = (
    <Checkbox.Group
      className="column-choice"
      aria-label={t('columns.chooseLabel')}
      value={[...chosen]}
      options={COLUMN_KEYS.map((key) => ({
        value: key,
        label: t(`columns.${key}`),
        disabled: key === FIXED_COLUMN,
      }))}
      onChange={(keys) => onChange(COLUMN_KEYS.filter((key) => keys.includes(key)))}
    />
  )
  return (
    <Popover trigger="click" placement="bottomRight" content={boxes}>
      <Button icon={<TableOutlined aria-hidden />} aria-label={t('columns.chooseLabel')}>
        {t('columns.choose')}
      </Button>
    </Popover>
  )
}
