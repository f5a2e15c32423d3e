import { App, Button } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { errorText } from '../../../shared/error-text.ts'
import { useRole } from '../../../shared/session.tsx'
import { adviceFor } from '../advice.ts'
import { useStartSync, type SyncRequest } from '../queries.ts'
import type { Status } from '../runs.ts'
import { isStuck } from '../trouble.ts'
import { useNow } from '../../../shared/useNow.ts'

const OptionsDrawer = lazy(() => import('./OptionsDrawer.tsx'))
const CleanupDialog = lazy(() => import('./CleanupDialog.tsx'))

interface Props {
  names: readonly string[]
  /** Those whose settings are right. */
  usable: readonly string[]
  status: Status
}

const BOTH = ['main', 'fbe']
const AGES_SECONDS = 15

/** What the recommended button starts: every account, if there are several; `both` where these are the usual two. */
function together(usable: readonly string[]): 'both' | 'all' | null {
  if (usable.length < 2) return null
  return usable.length === BOTH.length && BOTH.every((name) => usable.includes(name)) ? 'both' : 'all'
}

/** The big buttons. */
export function SyncActions({ names, usable, status }: Props) {
  const { t } = useTranslation('sync')
  const { notification } = App.useApp()
  const { can } = useRole()
  const start = useStartSync()
  const [open, setOpen] = useState<'options' | 'cleanup' | null>(null)
  const busy = status.running.map(({ account }) => account)
  const now = useNow(AGES_SECONDS)
  const isBusy = (name: string) => busy.includes(name)
  const all = together(usable)
  const affected = all === 'both' ? BOTH : usable

  const begin = (request: Partial<SyncRequest> & { account: string }) =>
    start.mutate(request as SyncRequest, {
      onSuccess: ({ data }) => {
        for (const { account, code, message } of data.not_started) {
          // One that is being synced already is seen to be.
          if (code === 'account_busy') continue
          const title = t('actions.notStarted', { account })
          notification.warning({ title, description: adviceFor(t, code, message), role: 'alert' })
        }
      },
      onError: (error) => {
        const { title, detail } = errorText(t, error)
        notification.error({ title, description: detail, role: 'alert' })
      },
    })
  const pending = start.isPending ? start.variables.account : null

  if (!can('operator')) return <p className="muted actions">{t('actions.mayNot')}</p>
  return (
    <div className="actions" role="group" aria-label={t('actions.label')}>
      {all !== null ? (
        <Button
          type="primary"
          size="large"
          className="big"
          loading={pending === all}
          disabled={affected.every(isBusy)}
          onClick={() => begin({ account: all, skip_busy: true })}
        >
          {t(`actions.${all}`)} <span className="recommended">{t('actions.recommended')}</span>
        </Button>
      ) : null}
      {names.map((name) => (
        <Button
          key={name}
          size="large"
          className="big"
          type={all === null && usable.length === 1 ? 'primary' : 'default'}
          loading={pending === name}
          disabled={isBusy(name) || !usable.includes(name)}
          onClick={() => begin({ account: name })}
        >
          {t('actions.one', { account: name })}
        </Button>
      ))}
      <Button size="large" onClick={() => setOpen('options')}>
        {t('actions.options')}
      </Button>
      {status.running.some((run) => isStuck(run, now)) ? (
        <Button size="large" onClick={() => setOpen('cleanup')}>
          {t('actions.cleanup')}
        </Button>
      ) : null}
      <Suspense>
        {open === 'options' ? (
          <OptionsDrawer usable={usable} busy={busy} onClose={() => setOpen(null)} />
        ) : open === 'cleanup' ? (
          <CleanupDialog running={status.running} onClose={() => setOpen(null)} />
        ) : null}
      </Suspense>
    </div>
  )
}
