import { DownloadOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'

import { errorText } from '../../../shared/index.ts'
import type { OfferSelection } from '../list/selection.ts'
import type { OfferView } from '../view.ts'
import { exportAddress, readerOf } from './address.ts'
import { useExportChosen } from './queries.ts'

/** Downloads the ticked offers, and no others, as a workbook. */
export function ExportChosen({ selection, view }: { selection: OfferSelection; view: OfferView }) {
  const { t, i18n } = useTranslation('offers')
  const chosen = useExportChosen()
  const reader = readerOf(i18n.language)
  const icon = <DownloadOutlined aria-hidden />
  if (selection.kind === 'all') {
    return (
      <Button icon={icon} href={exportAddress(view, 'xlsx', reader)} download>
        {t('export.chosen')}
      </Button>
    )
  }
  return (
    <>
      <Button
        icon={icon}
        loading={chosen.isPending}
        onClick={() => chosen.mutate({ ids: [...selection.offers.keys()], reader })}
      >
        {t('export.chosen')}
      </Button>
      {chosen.error === null ? null : <span role="alert">{errorText(t, chosen.error).title}</span>}
    </>
  )
}
