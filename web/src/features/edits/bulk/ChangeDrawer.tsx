import { Drawer } from 'antd'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { ErrorState, formatNumber } from '../../../shared/index.ts'
import type { BulkData, BulkOptions } from './bulk.ts'
import { BulkPreview } from './BulkPreview.tsx'
import type { ChangeBody, Which } from './change.ts'
import { ChangeFields } from './ChangeFields.tsx'
import '../edits.css'
import { MOST_AT_ONCE } from '../large/large.ts'
import { LargeChange } from '../large/LargeChange.tsx'
import { useBeginLarge } from '../large/queries.ts'
import { useBulk } from '../queries.ts'

interface Props {
  which: Which
  /** How many offers that is. */
  count: number
  onClose: () => void
}

/** One change to the offers that were chosen: asked for, looked at row by row, then kept. */
export default function ChangeDrawer({ which, count, onClose }: Props) {
  const { t } = useTranslation('edits')
  const bulk = useBulk()
  const [shown, setShown] = useState<{ body: ChangeBody; data: BulkData } | null>(null)
  const begin = useBeginLarge()
  const [large, setLarge] = useState<number | null>(null)
  const asked = useRef(which)
  const numbers = { count, formatted: formatNumber(count) }
  const preview = (body: ChangeBody): void => {
    setShown(null)
    setLarge(null)
    if (which.filter && count > MOST_AT_ONCE) {
      begin.mutate({ filter: which.filter, ...body }, { onSuccess: ({ data }) => setLarge(data.id) })
      return
    }
    // What is chosen now is what the preview and its token are about.
    asked.current = which
    bulk.mutate(
      { request: { which, body }, options: { preview: true } },
      { onSuccess: (data) => setShown({ body, data }) },
    )
  }
  const apply = (options: Omit<BulkOptions, 'preview'>): void => {
    if (shown === null) return
    const { body } = shown
    bulk.mutate(
      { request: { which: asked.current, body }, options: { ...options, preview: false } },
      { onSuccess: (data) => setShown({ body, data }) },
    )
  }
  return (
    <Drawer
      open
      onClose={onClose}
      size={1100}
      title={t('change.title', numbers)}
      styles={{ wrapper: { maxWidth: '100vw' } }}
    >
      <ChangeFields
        busy={begin.isPending || (bulk.isPending && bulk.variables.options.preview)}
        onChange={() => {
          setShown(null)
          setLarge(null)
        }}
        onPreview={preview}
      />
      {bulk.error === null ? null : <ErrorState error={bulk.error} />}
      {begin.error === null ? null : <ErrorState error={begin.error} />}
      {large === null ? null : <LargeChange key={large} id={large} />}
      {shown === null ? null : (
        <BulkPreview
          key={shown.data.token}
          data={shown.data}
          busy={bulk.isPending}
          subject={t('change.subject', numbers)}
          onApply={apply}
        />
      )}
    </Drawer>
  )
}
