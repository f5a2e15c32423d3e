import { App } from 'antd'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'

import { adviceOf } from '../advice.ts'
import { countsText } from '../counts.ts'
import type { Run } from '../runs.ts'
import { upToDateText } from '../trouble.ts'

const KINDS = {
  completed: { type: 'success', seconds: 8 },
  partial: { type: 'warning', seconds: 15 },
  failed: { type: 'error', seconds: 15 },
  cancelled: { type: 'info', seconds: 8 },
} as const

/** Tells that a run ended: with its counts, and after a failure with what to do, which stands on the account's card too. */
export function useNotifyEnd(): (run: Run) => void {
  const { t } = useTranslation('sync')
  const { notification } = App.useApp()
  return useCallback(
    (run) => {
      if (!(run.status in KINDS)) return
      const { type, seconds } = KINDS[run.status as keyof typeof KINDS]
      const account = run.account
      notification[type]({
        key: run.id,
        title: t(`ended.${run.status as keyof typeof KINDS}`, { account }),
        description: (
          <>
            <p>{upToDateText(t, run) ?? countsText(t, run)}</p>
            {type === 'error' || (type === 'warning' && run.errors.length > 0) ? (
              <p>{adviceOf(t, run)}</p>
            ) : null}
          </>
        ),
        duration: seconds,
        role: type === 'error' ? 'alert' : 'status',
      })
    },
    [notification, t],
  )
}
