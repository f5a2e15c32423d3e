import { Alert, Button, Checkbox, Progress } from 'antd'
import type { TFunction } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { Badge } from '../../../shared/Badge.tsx'
import { ErrorState, formatNumber } from '../../../shared/index.ts'
import { EFFECTS, type Effect } from '../bulk/bulk.ts'
import { Brakes } from '../bulk/Brakes.tsx'
import { BulkRows, TONES } from '../bulk/BulkPreview.tsx'
import { Why } from '../ReasonText.tsx'
import { isStoppable, isWorking, largeOutlook, percentOf, type LargeChange as Change } from './large.ts'
import { useApplyLarge, useBeginLarge, useLarge, useLargeRows, useStopLarge } from './queries.ts'

/** One change to everything found: how far it is, what it comes to, and applying, stopping or undoing it. */
export function LargeChange({ id }: { id: number }) {
  const { t } = useTranslation('edits')
  const change = useLarge(id)
  const [undo, setUndo] = useState<number | null>(null)
  if (undo !== null) return <LargeChange key={undo} id={undo} />
  if (change.error !== null) return <ErrorState error={change.error} />
  if (change.data === undefined) return null
  const { data } = change
  const percent = percentOf(data)
  return (
    <section aria-label={t(`large.kinds.${data.kind}`)}>
      <h2 className="bulk-title">
        {t(`large.states.${data.state}`)}
        {data.found === null ? null : ` · ${counted(t, 'large.offers', data.found)}`}
      </h2>
      {isWorking(data) ? (
        <>
          <Progress percent={percent ?? 100} status="active" showInfo={percent !== null} />
          <p className="muted" aria-live="polite">
            {percent === null
              ? t(data.state === 'withdrawing' ? 'large.withdrawing' : 'large.gathering')
              : t('large.progress', { done: formatNumber(data.done), found: formatNumber(data.found) })}
          </p>
          <p className="muted">{t('large.mayLeave')}</p>
        </>
      ) : null}
      <Counts change={data} />
      <Result change={data} />
      {data.state === 'ready' ? <Consequences change={data} /> : null}
      <Decision key={data.state} change={data} onUndo={setUndo} />
      {data.has_rows && !isWorking(data) ? <Rows change={data} /> : null}
    </section>
  )
}

function counted(t: TFunction<'edits'>, key: string, count: number): string {
  return t(key, { count, formatted: formatNumber(count) })
}

function Counts({ change }: { change: Change }) {
  const { t } = useTranslation('edits')
  return (
    <p className="bulk-counts" aria-live="polite">
      {EFFECTS.filter((effect) => (change.counts[effect] ?? 0) > 0).map((effect) => (
        <Badge key={effect} tone={TONES[effect]}>
          {t(`bulk.effects.${effect}`)}: {formatNumber(change.counts[effect])}
        </Badge>
      ))}
    </p>
  )
}

/** What applying it comes with beyond its rows. */
function Consequences({ change }: { change: Change }) {
  const { t } = useTranslation('edits')
  return (
    <>
      <Brakes brakes={change.brakes} />
      {change.kind === 'undo' ? <p>{t('large.replacedStay')}</p> : null}
    </>
  )
}

/** What became of it, also of the offers that are not what the preview showed. */
function Result({ change }: { change: Change }) {
  const { t } = useTranslation('edits')
  if (change.state === 'failed') {
    return (
      <Alert
        type="error"
        showIcon
        title={counted(t, 'large.failed', change.kept)}
        description={<Why why={change.why} text={change.reason} />}
      />
    )
  }
  if (change.state !== 'applied') return null
  return (
    <Alert
      type={change.changed_since > 0 || (change.came_since ?? 0) > 0 ? 'warning' : 'success'}
      showIcon
      title={counted(t, 'large.kept', change.kept)}
      description={
        <>
          {change.changed_since > 0 ? <p>{counted(t, 'large.changedSince', change.changed_since)}</p> : null}
          {change.came_since ? <p>{counted(t, 'large.cameSince', change.came_since)}</p> : null}
          <Link to="/edits/outbox">{t('bulk.toOutbox')}</Link>
        </>
      }
    />
  )
}

const STOP_WORDS: Partial<Record<Change['state'], string>> = { applying: 'stop', failed: 'takeBack' }

function Decision({ change, onUndo }: { change: Change; onUndo: (id: number) => void }) {
  const { t } = useTranslation('edits')
  const stop = useStopLarge()
  const begin = useBeginLarge()
  const error = stop.error ?? begin.error
  return (
    <div className="bulk-apply">
      {error === null ? null : <ErrorState error={error} />}
      {change.state === 'ready' ? <Apply change={change} /> : null}
      {isStoppable(change) ? (
        <Button loading={stop.isPending} onClick={() => stop.mutate(change.id)}>
          {t(`large.${STOP_WORDS[change.state] ?? 'discard'}`)}
        </Button>
      ) : null}
      {change.state === 'applied' && change.kept > 0 ? (
        <Button
          loading={begin.isPending}
          onClick={() =>
            begin.mutate({ undo: change.batch_id }, { onSuccess: ({ data }) => onUndo(data.id) })
          }
        >
          {t('large.undo')}
        </Button>
      ) : null}
    </div>
  )
}

/** Applying needs a yes to what looks like a slip, or leaves those rows out, like those that cannot be. */
function Apply({ change }: { change: Change }) {
  const { t } = useTranslation('edits')
  const [confirm, setConfirm] = useState(false)
  const [skip, setSkip] = useState(false)
  const apply = useApplyLarge()
  const { good, doubtful, wrong, isBlocked } = largeOutlook(change, { confirm, skip })
  return (
    <>
      {apply.error === null ? null : <ErrorState error={apply.error} />}
      {doubtful > 0 ? (
        <Checkbox checked={confirm} onChange={(event) => setConfirm(event.target.checked)}>
          {counted(t, 'large.confirm', doubtful)}
        </Checkbox>
      ) : null}
      {wrong + doubtful > 0 && change.kind !== 'undo' ? (
        <Checkbox checked={skip} onChange={(event) => setSkip(event.target.checked)}>
          {t('bulk.skip')}
        </Checkbox>
      ) : null}
      <Button
        type="primary"
        loading={apply.isPending}
        disabled={isBlocked}
        onClick={() => apply.mutate({ id: change.id, confirm, skip })}
      >
        {counted(t, change.kind === 'undo' ? 'large.putBack' : 'large.apply', good)}
      </Button>
    </>
  )
}

/** The rows, some at a time: those of one effect, or those that were left because they have changed since. */
function Rows({ change }: { change: Change }) {
  const { t } = useTranslation('edits')
  const first = EFFECTS.find((effect) => (change.counts[effect] ?? 0) > 0) ?? null
  const [effect, setEffect] = useState<Effect | null>(change.state === 'ready' ? first : null)
  const [onlyLeft, setOnlyLeft] = useState(change.changed_since > 0)
  const rows = useLargeRows(change, { effect, outcome: onlyLeft ? 'changed_since' : null })
  const found = rows.data?.pages.flatMap((page) => page.rows) ?? []
  return (
    <>
      <div className="edit-filters" role="group" aria-label={t('large.show')}>
        {EFFECTS.filter((one) => (change.counts[one] ?? 0) > 0).map((one) => (
          <Button
            key={one}
            size="small"
            aria-pressed={effect === one && !onlyLeft}
            type={effect === one && !onlyLeft ? 'primary' : 'default'}
            onClick={() => {
              setOnlyLeft(false)
              setEffect(one)
            }}
          >
            {t(`bulk.effects.${one}`)}
          </Button>
        ))}
        {change.changed_since > 0 ? (
          <Button
            size="small"
            aria-pressed={onlyLeft}
            type={onlyLeft ? 'primary' : 'default'}
            onClick={() => {
              setEffect(null)
              setOnlyLeft(true)
            }}
          >
            {t('large.left')}
          </Button>
        ) : null}
      </div>
      {rows.error === null ? <BulkRows rows={found} /> : <ErrorState error={rows.error} />}
      {rows.hasNextPage ? (
        <Button loading={rows.isFetchingNextPage} onClick={() => void rows.fetchNextPage()}>
          {t('large.more')}
        </Button>
      ) : null}
    </>
  )
}
