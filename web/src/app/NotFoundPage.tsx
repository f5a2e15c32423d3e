import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { EmptyState, PageHeader } from '../shared/index.ts'

export default function NotFoundPage() {
  const { t } = useTranslation()
  return (
    <>
      <PageHeader title={t('notFound.title')} />
      <EmptyState title={t('notFound.detail')} action={<Link to="/">{t('notFound.back')}</Link>} />
    </>
  )
}
