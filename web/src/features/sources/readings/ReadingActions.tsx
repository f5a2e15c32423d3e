import { App, Button, Flex } from 'antd'
import { useTranslation } from 'react-i18next'

import { useRole } from '../../../shared/index.ts'
import { Brakes } from '../../edits/bulk/Brakes.tsx'
import { useApply, useReadNow, useSources, type Reading } from '../queries.ts'
import { useTellError } from '../useTellError.ts'
import { canForce } from './outcome.ts'

interface Props {
  reading: Reading
  /** Called with the reading that took this one's place. */
  onOpen: (reading: Reading) => void
}

/** What an operator can do with a reading: apply what it shows, or have a refused file taken in all the same. */
export function ReadingActions({ reading, onOpen }: Props) {
  const { can } = useRole()
  if (!can('operator')) return null
  return (
    <>
      {reading.status === 'previewed' ? <Brakes brakes={reading.brakes} className="form-alert" /> : null}
      <Flex wrap gap="small">
        <Apply reading={reading} />
        {canForce(reading) ? <TakeInAnyway reading={reading} onOpen={onOpen} /> : null}
      </Flex>
    </>
  )
}

function Apply({ reading }: { reading: Reading }) {
  const { t } = useTranslation('sources')
  const { modal, message } = App.useApp()
  const tellError = useTellError()
  const apply = useApply({ sourceId: reading.source_id, readingId: reading.id })
  const { changed = 0, doubtful = 0 } = reading.counts
  const isPreview = reading.status === 'previewed'
  if (!isPreview && reading.status !== 'applied') return null
  const done = (): void => void message.success(t('reading.applied'))
  const askDoubtful = (): void => {
    modal.confirm({
      title: t('reading.confirmTitle', { count: doubtful }),
      content: t('reading.confirmText'),
      okText: t('reading.confirmYes'),
      cancelText: t('common:cancel'),
      onOk: () => apply.mutateAsync(true).then(done, tellError),
    })
  }
  return (
    <>
      {isPreview && changed > 0 ? (
        <Button
          type="primary"
          loading={apply.isPending}
          onClick={() => apply.mutate(false, { onSuccess: done, onError: tellError })}
        >
          {t('reading.apply', { count: changed })}
        </Button>
      ) : null}
      {doubtful > 0 ? (
        <Button onClick={askDoubtful}>{t('reading.confirm', { count: doubtful })}</Button>
      ) : null}
    </>
  )
}

/** Reads the file once more and takes it in, though it was refused or there before. One that was sent is sent again. */
function TakeInAnyway({ reading, onOpen }: Props) {
  const { t } = useTranslation('sources')
  const tellError = useTellError()
  const read = useReadNow()
  const source = useSources().data?.sources.find(({ id }) => id === reading.source_id)
  if (source === undefined || source.kind === 'upload') return null
  return (
    <Button
      loading={read.isPending}
      onClick={() => read.mutate({ id: source.id, force: true }, { onSuccess: onOpen, onError: tellError })}
    >
      {t('reading.force')}
    </Button>
  )
}
