import { App, Button, Dropdown, Flex, Upload } from 'antd'
import { useTranslation } from 'react-i18next'

import { useRole } from '../../shared/index.ts'
import {
  useChangeSource,
  useReadNow,
  useRemoveSource,
  useSendFile,
  type Reading,
  type Source,
} from './queries.ts'
import { useTellError } from './useTellError.ts'

interface Props {
  source: Source
  onEdit: () => void
  onReading: (reading: Reading) => void
  onGone?: () => void
}

/** What can be done with a source: reading it for operators, the rest for admins. */
export function SourceActions({ source, onEdit, onReading, onGone }: Props) {
  const { t } = useTranslation('sources')
  const { can } = useRole()
  const { modal, message } = App.useApp()
  const tellError = useTellError()
  const change = useChangeSource(source.id)
  const remove = useRemoveSource(source.id)
  if (!can('operator')) return null
  const askRemove = (): void => {
    modal.confirm({
      title: t('removeTitle', { name: source.name }),
      content: t('removeText'),
      okText: t('remove'),
      okButtonProps: { danger: true },
      cancelText: t('common:cancel'),
      onOk: () =>
        remove.mutateAsync(undefined).then(() => {
          void message.success(t('removed'))
          onGone?.()
        }, tellError),
    })
  }
  const turn = (): void =>
    change.mutate(
      { enabled: !source.enabled },
      {
        onSuccess: ({ enabled }) => void message.success(t(enabled ? 'turnedOn' : 'turnedOff')),
        onError: tellError,
      },
    )
  return (
    <Flex gap="small" wrap>
      <TakeIn source={source} onReading={onReading} />
      {can('admin') ? (
        <Dropdown
          trigger={['click']}
          menu={{
            items: [
              { key: 'edit', label: t('edit'), onClick: onEdit },
              { key: 'turn', label: t(source.enabled ? 'turnOff' : 'turnOn'), onClick: turn },
              { key: 'remove', label: t('remove'), danger: true, onClick: askRemove },
            ],
          }}
        >
          <Button aria-label={t('more', { name: source.name })}>⋯</Button>
        </Dropdown>
      ) : null}
    </Flex>
  )
}

/** Reads the source now; where a program sends the file, sends one by hand. */
function TakeIn({ source, onReading }: Pick<Props, 'source' | 'onReading'>) {
  const { t } = useTranslation('sources')
  const tellError = useTellError()
  const read = useReadNow()
  const send = useSendFile()
  if (source.kind === 'upload') {
    return (
      <Upload
        accept=".csv,.txt,.xlsx,.json,.xml"
        showUploadList={false}
        beforeUpload={(file) => {
          send.mutate({ id: source.id, file, force: false }, { onSuccess: onReading, onError: tellError })
          return false
        }}
      >
        <Button loading={send.isPending} aria-label={`${t('send')}: ${source.name}`}>
          {t('send')}
        </Button>
      </Upload>
    )
  }
  return (
    <Button
      loading={read.isPending || source.is_being_read}
      aria-label={`${t('readNow')}: ${source.name}`}
      onClick={() =>
        read.mutate({ id: source.id, force: false }, { onSuccess: onReading, onError: tellError })
      }
    >
      {t('readNow')}
    </Button>
  )
}
