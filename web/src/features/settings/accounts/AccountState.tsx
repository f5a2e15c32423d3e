import { Button } from 'antd'
import { useTranslation } from 'react-i18next'

import { Badge, type Tone } from '../../../shared/Badge.tsx'
import { formatAge, useErrorText } from '../../../shared/index.ts'
import { SeenAddress } from '../../../shared/SeenAddress.tsx'
import { useTest, type Account } from '../../connect/queries.ts'
import { outcomeOf } from '../../connect/outcome.ts'
import { useNow } from '../../../shared/useNow.ts'

const AGES_SECONDS = 15

const TONES: Record<Account['contact']['state'], Tone> = {
  works: 'good',
  refused: 'bad',
  failing: 'warning',
  untested: 'plain',
}

const REFUSALS = ['credentials_refused', 'ip_not_allowed', 'api_right_missing'] as const

/** Why eMAG does not let an account in, with the address that it saw; or that it is eMAG that fails. */
function Why({ contact }: Pick<Account, 'contact'>) {
  const { t } = useTranslation('settings')
  if (contact.state === 'failing') return <p>{t('accounts.failing')}</p>
  const refusal = REFUSALS.find((code) => code === contact.code)
  if (contact.state !== 'refused' || refusal === undefined) return null
  return (
    <>
      <p>{t(`accounts.refusals.${refusal}`)}</p>
      {refusal === 'ip_not_allowed' && contact.ip !== null ? <SeenAddress ip={contact.ip} /> : null}
    </>
  )
}

/** Whether eMAG lets an account in, as its last calls showed, and a button to ask now. */
export function AccountState({ account }: { account: Account }) {
  const { t } = useTranslation('settings')
  const now = useNow(AGES_SECONDS)
  const test = useTest()
  const other = useErrorText(test.error)
  const { contact, problem, enabled, account: name } = account
  if (problem !== null) return <span className="problem">{problem}</span>
  if (!enabled) return <Badge tone="plain">{t('accounts.off')}</Badge>
  const at = contact.state === 'works' ? contact.let_in_at : contact.failed_at
  // What a test found is in the contact; an error that is not about the connection is not.
  const said = test.error !== null && outcomeOf(test.error) === null ? other.title : null
  return (
    <div>
      <div role="status">
        <Badge tone={TONES[contact.state]}>{t(`accounts.contact.${contact.state}`)}</Badge>{' '}
        <span className="muted">{formatAge(at, now)}</span>
        <Why contact={contact} />
        {said === null ? null : <p className="problem">{said}</p>}
      </div>
      <Button
        size="small"
        loading={test.isPending}
        onClick={() => test.mutate(name)}
        aria-label={t('accounts.testTitle', { name })}
      >
        {t('accounts.test')}
      </Button>
    </div>
  )
}
