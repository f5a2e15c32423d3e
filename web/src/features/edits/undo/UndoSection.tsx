import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { Badge, type Tone } from '../../../shared/Badge.tsx'
import { DateField } from '../../../shared/DateField.tsx'
import { formatDate, formatNumber, useUrlState } from '../../../shared/index.ts'
import { Choice } from '../conflicts/Choice.tsx'
import { Log } from '../outbox/Log.tsx'
import { useAccounts, usePushes, type Push } from '../queries.ts'
import { NOTHING_CHOSEN, undoRequest } from './undo.ts'
import { UndoPreview } from './UndoPreview.tsx'
import { Why } from '../ReasonText.tsx'

const TONES: Record<Push['status'], Tone> = {
  running: 'busy',
  completed: 'good',
  partial: 'warning',
  held: 'warning',
  failed: 'bad',
  interrupted: 'warning',
}

/** Puts back what a push or a sync changed: chosen, looked at, then done. */
export default function UndoSection() {
  const { t } = useTranslation('edits')
  const [choice, setChoice] = useUrlState(NOTHING_CHOSEN)
  const wanted = undoRequest(choice)
  if (wanted !== null) {
    return (
      <>
        <Button type="link" onClick={() => setChoice(NOTHING_CHOSEN, { push: true })}>
          ← {t('undo.back')}
        </Button>
        {wanted.ids ? (
          <h2 className="bulk-title">
            {t('undo.chosen', {
              count: wanted.ids.length,
              formatted: formatNumber(wanted.ids.length),
              account: wanted.account,
            })}
          </h2>
        ) : null}
        <UndoPreview wanted={wanted} />
      </>
    )
  }
  return (
    <>
      <p className="muted">{t('undo.intro')}</p>
      <ByTime onChoose={(span) => setChoice(span, { push: true })} />
      <h2 className="bulk-title">{t('undo.pushes')}</h2>
      <Pushes />
    </>
  )
}

function ByTime({
  onChoose,
}: {
  onChoose: (span: { account: string; since: string; until: string | null }) => void
}) {
  const { t } = useTranslation('edits')
  const names = (useAccounts().data ?? []).map((one) => one.account)
  const [account, setAccount] = useState<string | null>(null)
  const [since, setSince] = useState('')
  const [until, setUntil] = useState('')
  const chosen = account ?? names[0] ?? null
  return (
    <form
      className="edit-filters"
      aria-label={t('undo.byTime')}
      onSubmit={(event) => {
        event.preventDefault()
        if (chosen !== null && since !== '')
          onChoose({ account: chosen, since, until: until === '' ? null : until })
      }}
    >
      <Choice label={t('filters.account')} value={chosen} values={names} onChange={setAccount} />
      <DateField withTime label={t('undo.since')} value={since} onChange={setSince} />
      <DateField withTime label={t('undo.until')} value={until} onChange={setUntil} />
      <Button htmlType="submit" disabled={since === '' || chosen === null}>
        {t('undo.look')}
      </Button>
    </form>
  )
}

function Pushes() {
  const { t } = useTranslation('edits')
  const found = usePushes()
  const rows = found.data?.pages.flatMap((page) => page.pushes) ?? []
  const counts = (push: Push): string =>
    Object.entries(push.counts)
      .filter(([, count]) => count > 0)
      .map(
        ([state, count]) => `${t(`outbox.states.${state}`, { defaultValue: state })}: ${formatNumber(count)}`,
      )
      .join(', ')
  return (
    <Log<Push>
      label={t('undo.pushes')}
      found={found}
      rows={rows}
      rowKey={(push) => push.id}
      none={{
        title: t('undo.noPushes'),
        detail: t('undo.noPushesText'),
        action: <Link to="/offers">{t('toOffers')}</Link>,
      }}
      columns={[
        { key: 'at', title: t('columns.at'), width: 180, render: (push) => formatDate(push.created_at) },
        { key: 'account', title: t('columns.account'), width: 80, render: (push) => push.account },
        {
          key: 'status',
          title: t('columns.state'),
          width: 260,
          render: (push) => (
            <>
              <Badge tone={TONES[push.status]}>{t(`undo.statuses.${push.status}`)}</Badge>
              <span className="reason muted">
                <Why why={push.why} text={push.error} />
              </span>
            </>
          ),
        },
        { key: 'counts', title: t('undo.lines'), width: 300, render: counts },
        {
          key: 'act',
          title: <span className="visually-hidden">{t('columns.actions')}</span>,
          width: 150,
          render: (push) => (
            <Link
              to={`/edits/undo?push=${push.id}`}
              aria-label={t('undo.open', { date: formatDate(push.created_at) })}
            >
              {t('undo.button')}
            </Link>
          ),
        },
      ]}
    />
  )
}
