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

type TileName = ChangeKind | 'approvals' | 'brakes' | 'failedRuns'

interface Tile {
  readonly name: TileName
  readonly number: number
  /** What the number counts. */
  readonly to: string
  /** The next step, beside it. */
  readonly next?: ReactNode
  /** What it is made up of. */
  readonly below?: ReactNode
}

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
  const tiles: Tile[] = [
    {
      ...tileOf(home, span, 'unsellable'),
      next: <CopyOffers asked={all('unsellable')} />,
      below: <Reasons reasons={home.unsellable_reasons} span={span} />,
    },
    {
      ...tileOf(home, span, 'documentation_rejected'),
      next: (
        <>
          <CopyOffers asked={all('documentation_rejected')} />
          <OpenPanel />
        </>
      ),
    },
    { ...tileOf(home, span, 'buy_button_lost'), next: step(of('buy_button_lost'), 'prices') },
    { ...tileOf(home, span, 'undercut'), next: step(of('undercut'), 'prices') },
    { ...tileOf(home, span, 'edit_refused'), next: step('/edits/outbox?state=rejected', 'reasons') },
    {
      ...tileOf(home, span, 'conflict'),
      next: waiting.conflicts > 0 ? step('/edits/conflicts', mayDecide ? 'decide' : 'look') : null,
    },
    {
      name: 'approvals',
      number: waiting.approvals,
      to: '/edits/waiting',
      next: step('/edits/waiting', mayDecide ? 'approve' : 'look'),
    },
    {
      name: 'brakes',
      number: brakes.count,
      to: waiting.holds > 0 ? HELD : '/edits/outbox',
      next: waiting.holds > 0 ? step(HELD, mayDecide ? 'confirm' : 'look') : null,
    },
    {
      name: 'failedRuns',
      number: failed.count,
      to: failedAddress(span),
      next: step(failedAddress(span), 'why'),
    },
  ]
  return (
    <section>
      <h2>{t('attention')}</h2>
      <Tiles tiles={tiles} />
    </section>
  )
}

/** What else changed. */
export function Changed({ home, span }: Props) {
  const { t } = useTranslation('home')
  return (
    <section>
      <h2>{t('changed')}</h2>
      <Tiles tiles={CHANGED.map((kind) => tileOf(home, span, kind))} />
    </section>
  )
}

function failedAddress({ since, until }: Span): string {
  const params = new URLSearchParams({ status: 'failed', since })
  if (until !== null) params.set('until', until)
  return `/history?${params.toString()}`
}

function tileOf(home: Home, span: Span, kind: ChangeKind): Tile {
  const number = home.changes.find((one) => one.kind === kind)?.offers ?? 0
  return { name: kind, number, to: offersAddress({ kind, ...span }) }
}

/** The numbers that are some, each leading to what it counts; the others in one line that can be opened. */
function Tiles({ tiles }: { tiles: readonly Tile[] }) {
  return (
    <ul className="home-numbers">
      {tiles
        .filter(({ number }) => number > 0)
        .map((tile) => (
          <Line key={tile.name} tile={tile} />
        ))}
      <Nothing names={tiles.filter(({ number }) => number === 0).map(({ name }) => name)} />
    </ul>
  )
}

function Line({ tile: { name, number, to, next, below } }: { tile: Tile }) {
  const { t } = useTranslation('home')
  return (
    <>
      <li>
        <Link to={to} className="home-link">
          <span className="home-number">{formatNumber(number)}</span>{' '}
          <span>{t(`tiles.${name}`, { count: number })}</span>
        </Link>
        {next ? <span className="home-next">{next}</span> : null}
      </li>
      {below}
    </>
  )
}

function Nothing({ names }: { names: readonly TileName[] }) {
  const { t } = useTranslation('home')
  if (names.length === 0) return null
  const words = names.map((name) => t(`tiles.${name}`, { count: 0 }))
  return (
    <li className="home-none">
      <details>
        <summary>{t('nothing', { what: words.join(', ') })}</summary>
        <ul>
          {words.map((word) => (
            <li key={word}>
              <span className="home-number">0</span> {word}
            </li>
          ))}
        </ul>
      </details>
    </li>
  )
}
