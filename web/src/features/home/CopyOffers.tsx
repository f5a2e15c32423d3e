import { App, Button } from 'antd'
import { useTranslation } from 'react-i18next'

import type { Happened } from '../../shared/happened.ts'
import { useErrorText } from '../../shared/index.ts'
import { copiedText } from './copied.ts'
import { useChangedOffers } from './queries.ts'
import { useReasonWords } from './useReasonWords.ts'

/** Copies the offers of a number with what keeps each from sale, to be sent to whoever mends it. */
export function CopyOffers({ asked }: { asked: Happened }) {
  const { t } = useTranslation('home')
  const { message } = App.useApp()
  const words = useReasonWords()
  const found = useChangedOffers()
  const { title } = useErrorText(found.error)
  if (!('clipboard' in navigator)) return null
  const copy = async (): Promise<void> => {
    const offers = await found.mutateAsync(asked)
    await navigator.clipboard.writeText(copiedText(offers, words))
    void message.success(t('copied', { count: offers.length }))
  }
  return (
    <>
      <Button
        type="link"
        size="small"
        loading={found.isPending}
        onClick={() => void copy().catch(() => undefined)}
      >
        {t('next.copy')}
      </Button>
      {found.error ? <span role="alert">{title}</span> : null}
    </>
  )
}
