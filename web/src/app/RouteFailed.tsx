import { Button } from 'antd'
import { useTranslation } from 'react-i18next'

import { EmptyState } from '../shared/index.ts'

/** A page could not be loaded or drawn: after an update of the server the old page's files are gone. */
export function RouteFailed() {
  const { t } = useTranslation()
  return (
    <EmptyState
      title={t('error.page.title')}
      detail={t('error.page.detail')}
      action={
        <Button type="primary" onClick={() => window.location.reload()}>
          {t('reload')}
        </Button>
      }
    />
  )
}
