import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js'
import 'swagger-ui-dist/swagger-ui.css'

import { fetchOrThrow } from '../../../api/client.ts'
import { ADDRESS } from '../../../api/root.ts'
import { PageHeader } from '../../../shared/index.ts'
import { Loaded } from '../shared.tsx'
import './docs.css'

async function readDocument(): Promise<object> {
  const answer = await fetchOrThrow(new Request(`${ADDRESS}/openapi.json`))
  return (await answer.json()) as object
}

/** Every route of the API, to read and to try with the login that one has. */
export default function DocsPage() {
  const { t } = useTranslation('settings')
  const document = useQuery({ queryKey: ['openapi'], queryFn: readDocument, staleTime: Infinity })
  return (
    <>
      <PageHeader title={t('docs.title')} />
      <p>{t('docs.intro')}</p>
      <a href={`${ADDRESS}/openapi.json`}>openapi.json</a>
      <Loaded found={document}>{(known) => <Routes document={known} />}</Loaded>
    </>
  )
}

function Routes({ document }: { document: object }) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    SwaggerUI({
      spec: document,
      domNode: place.current,
      deepLinking: false,
      docExpansion: 'none',
      defaultModelsExpandDepth: 0,
      displayOperationId: true,
      displayRequestDuration: true,
      filter: true,
      tryItOutEnabled: true,
      // It would ask a server elsewhere.
      validatorUrl: null,
    })
  }, [document])
  return <div ref={place} className="api-docs" />
}
