import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { Badge, type Tone } from '../../../shared/Badge.tsx'
import type { Column } from '../../../shared/DataTable.tsx'
import { offersAddress } from '../../../shared/happened.ts'
import { formatDate, useRole, useUrlState } from '../../../shared/index.ts'
import { FromTo, offerColumns } from '../cells.tsx'
import { AccountChoice, Choice } from '../conflicts/Choice.tsx'
import { Decide } from './Decide.tsx'
import { isUndecided } from './decide.ts'
import { Log } from './Log.tsx'
import { PushButtons } from './PushButtons.tsx'
import { keyOf, useOfferNames } from '../../../shared/offer-names.ts'
import {
  OUTBOX_STATES,
  useAccounts,
  useHolds,
  useOutbox,
  type Account,
  type OutboxLine,
  type OutboxState,
} from '../queries.ts'
import { selectColumn } from '../selectColumn.tsx'
import { useFieldWords } from '../useFieldWords.ts'
import { useSelection } from '../useSelection.ts'
import { Why } from '../ReasonText.tsx'

const NO_FILTER = { account: null as string | null, state: null as string | null }
/** What the brake holds is decided about as one, above every page. */
const CHOICES = [...OUTBOX_STATES, 'held'] as const
const TONES: Record<OutboxState, Tone> = {
  waiting: 'warning',
  pending: 'busy',
  sending: 'busy',
  uncertain: 'warning',
  applied: 'good',
  rejected: 'bad',
  dropped: 'plain',
}

/** What is on its way to eMAG, or was: one line an offer. */
export default function OutboxSection() {
  const { t } = useTranslation('edits')
  const { can } = useRole()
  const [filter, setFilter] = useUrlState(NO_FILTER)
  const state = CHOICES.find((known) => known === filter.state) ?? null
  const found = useOutbox({ account: filter.account, state })
  const rows = found.data?.pages.flatMap((page) => page.lines) ?? []
  const accounts = useAccounts().data ?? []
  const off = accounts.filter(
    (one) => one.push === 'off' && (filter.account === null || one.account === filter.account),
  )
  const none = useNone(state, filter.account, off.length > 0)
  const names = useOfferNames(rows)
  const open = rows.filter(isUndecided)
  const selection = useSelection(open.map((line) => line.id))
  const columns: Column<OutboxLine>[] = [
    ...(can('operator') && open.length > 0 ? [selectColumn<OutboxLine>(selection, isUndecided, t)] : []),
    ...offerColumns<OutboxLine>(names, t),
    {
      key: 'changes',
      title: t('columns.change'),
      width: 330,
      render: (line) =>
        line.items.map((item) => (
          <div key={item.edit_id}>
            <FromTo
              field={item.field}
              warehouse={item.warehouse_id}
              from={item.before}
              to={item.target ?? item.value}
              kind={item.target === null ? item.kind : 'absolute'}
              account={line.account}
              offer={names.get(keyOf(line))}
            />
          </div>
        )),
    },
    {
      key: 'state',
      title: t('columns.state'),
      width: 330,
      render: (line) => (
        <span data-state={line.state}>
          <State line={line} />{' '}
          {line.alarm ? <span className="muted">{t(`alarms.${line.alarm}`)}</span> : null}
          <LineReasons line={line} />
          <LineRemarks line={line} />
          {line.state === 'pending' && line.next_at ? (
            <span className="reason muted">{t('outbox.again', { at: formatDate(line.next_at) })}</span>
          ) : null}
        </span>
      ),
    },
    {
      key: 'at',
      title: t('columns.at'),
      width: 190,
      render: (line) => formatDate(line.finished_at ?? line.sent_at ?? line.created_at),
    },
  ]
  return (
    <>
      <PushOff off={off} />
      <div role="search" aria-label={t('filters.label')} className="edit-filters">
        <AccountChoice value={filter.account} onChange={(account) => setFilter({ account })} />
        <Choice
          label={t('filters.state')}
          any={t('filters.anyState')}
          value={state}
          values={CHOICES}
          word={(value) => t(`outbox.states.${value}`)}
          onChange={(value) => setFilter({ state: value })}
        />
        {can('operator') ? <PushButtons account={filter.account} /> : null}
      </div>
      <Log<OutboxLine>
        label={t('sections.outbox')}
        found={found}
        rows={rows}
        columns={columns}
        rowKey={(line) => line.id}
        none={none}
      >
        {can('operator') && state !== 'held' && open.length > 0 && found.data !== undefined ? (
          <Decide
            key={JSON.stringify(filter)}
            lines={open.filter(({ id }) => selection.has(id))}
            isWhole={selection.isAll}
            found={found.data.pages[0]}
            filter={{ account: filter.account, state }}
            onDone={selection.clear}
          />
        ) : null}
      </Log>
    </>
  )
}

/** The state in a word; of a line whose edit came into conflict, the way to decide. */
function State({ line }: { line: OutboxLine }) {
  const { t } = useTranslation('edits')
  if (line.why?.code !== 'in_conflict')
    return <Badge tone={TONES[line.state]}>{t(`outbox.states.${line.state}`)}</Badge>
  return (
    <>
      <Badge tone="warning">{t('outbox.inConflict')}</Badge>{' '}
      <Link to={`/edits/conflicts?account=${line.account}`}>{t('conflicts.decide')}</Link>
    </>
  )
}

/** Why a line is where it is: its own reason, or those of its changes where it is made of them. */
function LineReasons({ line }: { line: OutboxLine }) {
  const words = useFieldWords()
  if (line.why) {
    return (
      <span className="reason muted">
        <Why why={line.why} text={line.reason} />
      </span>
    )
  }
  const told = line.items.filter(({ reason }) => reason !== null)
  return told.map((item) => (
    <span key={item.edit_id} className="reason muted">
      {line.items.length > 1 ? `${words.field(item.field, item.warehouse_id)}: ` : null}
      <Why why={item.why} text={item.reason} field={item.field} />
    </span>
  ))
}

/** What eMAG remarked about what it took: it is about the whole offer. */
function LineRemarks({ line }: { line: OutboxLine }) {
  const { t } = useTranslation('edits')
  const told = new Set(line.items.map(({ remarks }) => remarks).filter((remarks) => remarks !== null))
  return [...told].map((message) => (
    <span key={message} className="reason muted">
      {t('remarks', { message })}
    </span>
  ))
}

/** Says whose edits do not leave, and what an administrator does about it. */
function PushOff({ off }: { off: readonly Account[] }) {
  const { t } = useTranslation('edits')
  if (off.length === 0) return null
  const ofServer = off.filter(({ source }) => source === 'environment').map((one) => one.account)
  const isAny = ofServer.length < off.length
  return (
    <Alert
      className="edit-note"
      type="info"
      showIcon
      title={t('pushOff.title', { accounts: off.map((one) => one.account).join(', ') })}
      description={
        <>
          {isAny ? <p>{t('pushOff.text')}</p> : null}
          {ofServer.length > 0 ? (
            <p>
              {t('pushOff.ofServer', {
                accounts: ofServer.join(', '),
                variables: ofServer.map((name) => `EMAG_${name.toUpperCase()}_PUSH`).join(', '),
              })}
            </p>
          ) : null}
          {isAny ? <Link to="/settings/accounts">{t('pushOff.toAccounts')}</Link> : null}
        </>
      }
    />
  )
}

/** What an empty list says: where the edits are instead, if any are anywhere. */
function useNone(state: string | null, account: string | null, isOff: boolean) {
  const { t } = useTranslation('edits')
  const holds = useHolds().data ?? []
  const bySync = holds.find((hold) => hold.kind === 'sync' && (account === null || hold.account === account))
  if (state === 'held' && bySync !== undefined) {
    return {
      title: t('outbox.heldBySync.title'),
      detail: t('outbox.heldBySync.text'),
      action: <Link to={offersAddress({ run: bySync.source_id })}>{t('outbox.heldBySync.look')}</Link>,
    }
  }
  const action = isOff ? (
    <Link to="/edits/waiting">{t('outbox.toWaiting')}</Link>
  ) : (
    <Link to="/offers">{t('toOffers')}</Link>
  )
  return { title: t('outbox.none'), detail: t('outbox.noneText'), action }
}
