import { Button } from 'antd'
import { useTranslation } from 'react-i18next'

import { isApiError } from '../../../api/client.ts'
import { errorText } from '../../../shared/error-text.ts'
import { formatNumber } from '../../../shared/format.ts'
import { useRole } from '../../../shared/session.tsx'
import { adviceFor, mainError } from '../advice.ts'
import { useConnectionTest } from '../queries.ts'
import type { Run } from '../runs.ts'

interface Props {
  name: string
  /** What is wrong with the account's settings. */
  problem: string | null
  last: Run | undefined
}

const SHUT_OUT = ['credentials_refused', 'ip_not_allowed', 'api_right_missing']

type Tone = 'good' | 'bad' | 'unknown'

function useStateText({ name, problem, last }: Props, test: ReturnType<typeof useConnectionTest>) {
  const { t } = useTranslation('sync')
  if (problem !== null)
    return { tone: 'bad' as Tone, text: t('connection.settings'), detail: adviceFor(t, 'settings', problem) }
  if (test.data) {
    const { latency_ms, total_products } = test.data.data
    const detail = t('connection.testedDetail', {
      count: total_products,
      formatted: formatNumber(total_products),
      latency: formatNumber(latency_ms),
    })
    return { tone: 'good' as Tone, text: t('connection.works'), detail }
  }
  if (test.error) {
    const detail = isApiError(test.error)
      ? adviceFor(t, test.error.code, errorText(t, test.error).detail)
      : errorText(t, test.error).detail
    return { tone: 'bad' as Tone, text: t('connection.refused', { account: name.toUpperCase() }), detail }
  }
  const error = last ? mainError(last) : undefined
  if (last?.status === 'failed' && error && SHUT_OUT.includes(error.code)) {
    // What to do about it stands with the run.
    return {
      tone: 'bad' as Tone,
      text: t('connection.refused', { account: name.toUpperCase() }),
      detail: null,
    }
  }
  if (last?.status === 'completed')
    return { tone: 'good' as Tone, text: t('connection.worked'), detail: null }
  return { tone: 'unknown' as Tone, text: t('connection.unknown'), detail: null }
}

/** Whether eMAG lets the account in, as far as is known, and a button to find out. */
export function ConnectionState(props: Props) {
  const { t } = useTranslation('sync')
  const { can } = useRole()
  const test = useConnectionTest(props.name)
  const { tone, text, detail } = useStateText(props, test)
  return (
    <div className="connection">
      <div role="status">
        <span className={`dot is-${tone}`} aria-hidden="true" /> {text}
        {detail ? <p className="muted connection-detail">{detail}</p> : null}
      </div>
      {can('operator') && props.problem === null ? (
        <Button
          loading={test.isPending}
          onClick={() => test.mutate()}
          aria-label={t('connection.testLabel', { account: props.name.toUpperCase() })}
        >
          {t('connection.test')}
        </Button>
      ) : null}
    </div>
  )
}
