import { Button } from 'antd'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'

import { isApiError } from '../../../api/client.ts'
import { errorText } from '../../../shared/error-text.ts'
import { formatAge, formatNumber } from '../../../shared/format.ts'
import { SeenAddress } from '../../../shared/SeenAddress.tsx'
import { useRole } from '../../../shared/session.tsx'
import { useNow } from '../../../shared/useNow.ts'
import { adviceFor } from '../advice.ts'
import { useConnectionTest, type Account, type Connection } from '../queries.ts'

interface Props {
  account: Account
  /** Of a run that goes on, which tells itself what it meets and goes on trying. */
  isRunning: boolean
}

const AGES_SECONDS = 15

type Tone = 'good' | 'bad' | 'warning' | 'unknown'

interface State {
  tone: Tone
  text: string
  detail: string | null
}

/** What is known of an account's contact with eMAG, whoever called it last: a run, a test, or the schedule. */
function stateOf(t: TFunction<'sync'>, { account, contact, problem }: Account, now: Date): State {
  if (problem !== null)
    return { tone: 'bad', text: t('connection.settings'), detail: adviceFor(t, 'settings', problem) }
  const advice = (): string => adviceFor(t, contact.code ?? '', contact.message ?? '')
  switch (contact.state) {
    case 'works':
      return { tone: 'good', text: t('connection.works'), detail: formatAge(contact.let_in_at, now) }
    case 'refused':
      return {
        tone: 'bad',
        text: t('connection.refused', { account }),
        detail: advice(),
      }
    case 'failing':
      return {
        tone: 'warning',
        text: t(contact.let_in_at === null ? 'connection.failing' : 'connection.failingFine'),
        detail: advice(),
      }
    default:
      return { tone: 'unknown', text: t('connection.unknown'), detail: null }
  }
}

/** What a test found that worked, while it still holds. */
function foundText(t: TFunction<'sync'>, { contact }: Account, found: Connection | undefined): string | null {
  if (found === undefined || contact.state !== 'works') return null
  const { total_products, latency_ms } = found.data
  return t('connection.testedDetail', {
    count: total_products,
    formatted: formatNumber(total_products),
    latency: formatNumber(latency_ms),
  })
}

/** Why a test could not be made. What eMAG said to one that was made is in the account's contact. */
function otherText(t: TFunction<'sync'>, error: Error | null): string | null {
  if (!isApiError(error) || error.extra['culprit'] !== undefined) return null
  return errorText(t as unknown as TFunction, error).title
}

function Seen({ contact }: Pick<Account, 'contact'>) {
  const isIt = contact.state === 'refused' && contact.code === 'ip_not_allowed'
  return isIt && contact.ip !== null ? <SeenAddress ip={contact.ip} /> : null
}

/** Whether eMAG lets the account in, as far as is known, and a button to find out. */
export function ConnectionState({ account, isRunning }: Props) {
  const { t } = useTranslation('sync')
  const { can } = useRole()
  const now = useNow(AGES_SECONDS)
  const test = useConnectionTest(account.account)
  const { tone, text, detail } = stateOf(t, account, now)
  const found = foundText(t, account, test.data)
  const other = otherText(t, test.error)
  const shown = other ?? found ?? (isRunning && tone === 'warning' ? null : detail)
  return (
    <div className="connection">
      <div role="status">
        <span className={`dot is-${tone}`} aria-hidden="true" /> {text}
        {shown ? <p className="muted connection-detail">{shown}</p> : null}
        <Seen contact={account.contact} />
      </div>
      {can('operator') && account.problem === null ? (
        <Button
          loading={test.isPending}
          onClick={() => test.mutate()}
          aria-label={t('connection.testLabel', { account: account.account })}
        >
          {t('connection.test')}
        </Button>
      ) : null}
    </div>
  )
}
