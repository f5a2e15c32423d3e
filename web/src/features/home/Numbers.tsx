import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { offersAddress, type ChangeKind } from '../../shared/happened.ts'
import { formatNumber, useRole } from '../../shared/index.ts'
import { CopyOffers } from './CopyOffers.tsx'
import { OpenPanel } from './OpenPanel.tsx'
import type { Span } from './periods.ts'
import type { Home } from './queries.ts'
import { Reasons } from './Reasons.tsx'

const CHANGED: readonly ChangeKind[] = [
  'price_by_emag',
  'price_by_us',
  'stock_by_emag',
  'stock_by_us',
  'new',
  'gone',
  'back',
  'sellable',
  'buy_button_won',
  'cheapest',
  'documentation_cleared',
  'other',
]

/** Just the lines that the brake keeps from being sent. */
const HELD = '/edits/outbox?state=held'

interface Props {
  home: Home
  span: Span
}

/** What needs a hand, each with the next step beside it. */
export function Attention({ home, span }: Props) {
  const { t } = useTranslation('home')
  const { can } = useRole()
  const mayDecide = can('operator')
  const { waiting, failed_runs: failed, brakes } = home
  const of = (kind: ChangeKind): string => offersAddress({ kind, ...span })
  const all = (kind: ChangeKind) => ({ kind, ...span, run: null, reason: null })
  const step = (to: string, words: string): ReactNode => <Link to={to}>{t(`next.${words}`)}</Link>
  return (
    <section>
      <h2>{t('attention')}</h2>
      <ul className="home-numbers">
        <KindLine home={home} span={span} kind="unsellable">
          <CopyOffers asked={all('unsellable')} />
        </KindLine>
        <Reasons reasons={home.unsellable_reasons} span={span} />
        <KindLine home={home} span={span} kind="documentation_rejected">
          <CopyOffers asked={all('documentation_rejected')} />
          <OpenPanel />
        </KindLine>
        <KindLine home={home} span={span} kind="buy_button_lost">
          {step(of('buy_button_lost'), 'prices')}
        </KindLine>
        <KindLine home={home} span={span} kind="undercut">
          {step(of('undercut'), 'prices')}
        </KindLine>
        <KindLine home={home} span={span} kind="edit_refused">
          {step('/edits/outbox?state=rejected', 'reasons')}
        </KindLine>
        <KindLine home={home} span={span} kind="conflict">
          {waiting.conflicts > 0 ? step('/edits/conflicts', mayDecide ? 'decide' : 'look') : null}
        </KindLine>
        <Line number={waiting.approvals} label={t('approvals')} to="/edits/waiting">
          {step('/edits/waiting', mayDecide ? 'approve' : 'look')}
        </Line>
        <Line number={brakes.count} label={t('brakes')} to={waiting.holds > 0 ? HELD : '/edits/outbox'}>
          {waiting.holds > 0 ? step(HELD, mayDecide ? 'confirm' : 'look') : null}
        </Line>
        <Line number={failed.count} label={t('failedRuns')} to={failedAddress(span)}>
          {step(failedAddress(span), 'why')}
        </Line>
      </ul>
    </section>
  )
}

/** What else changed. */
export function Changed({ home, span }: Props) {
  const { t } = useTranslation('home')
  return (
    <section>
      <h2>{t('changed')}</h2>
      <ul className="home-numbers">
        {CHANGED.map((kind) => (
          <KindLine key={kind} home={home} span={span} kind={kind} />
        ))}
      </ul>
    </section>
  )
}

function failedAddress({ since, until }: Span): string {
  const params = new URLSearchParams({ status: 'failed', since })
  if (until !== null) params.set('until', until)
  return `/history?${params.toString()}`
}

function KindLine({ home, span, kind, children }: Props & { kind: ChangeKind; children?: ReactNode }) {
  const { t } = useTranslation()
  const number = home.changes.find((one) => one.kind === kind)?.offers ?? 0
  return (
    <Line number={number} label={t(`changeKinds.${kind}`)} to={offersAddress({ kind, ...span })}>
      {children}
    </Line>
  )
}

interface LineProps {
  number: number
  label: string
  to: string
  children?: ReactNode
}

/** A number that leads to what it counts; none leads nowhere. */
function Line({ number, label, to, children }: LineProps) {
  if (number === 0) {
    return (
      <li className="home-none">
        <span className="home-number">0</span> <span>{label}</span>
      </li>
    )
  }
  return (
    <li>
      <Link to={to} className="home-link">
        <span className="home-number">{formatNumber(number)}</span> <span>{label}</span>
      </Link>
      {children ? <span className="home-next">{children}</span> : null}
    </li>
  )
}
