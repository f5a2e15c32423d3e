import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'

import { useNow } from '../../../shared/useNow.ts'
import { causeOf } from '../history/errors/errors.ts'
import type { Run } from '../runs.ts'
import { troubleLines } from '../trouble.ts'

/** What goes wrong while a run goes on: failures, retries, slow pages. Nothing where all goes well. */
export function RunTrouble({ run }: { run: Run }) {
  const { t } = useTranslation('sync')
  const { t: tHistory, i18n } = useTranslation('history')
  const now = useNow(1)
  const cause = (code: string) => {
    const key = causeOf({ code, message: '', page: 1 })
    const known = i18n.exists(`causes.${key}.title`, { ns: 'history' }) ? key : 'other'
    return tHistory(`causes.${known}.title`, { code })
  }
  const [first, ...others] = troubleLines(t, run, now, cause)
  if (first === undefined) return null
  return (
    <Alert
      type={run.trouble.failing_since == null ? 'info' : 'warning'}
      title={first}
      description={others.length > 0 ? others.join(' ') : undefined}
    />
  )
}
