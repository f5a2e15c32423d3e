import { Button } from 'antd'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { formatNumber } from '../../../shared/index.ts'
import {
  useDecideLines,
  type Decision,
  type LineChoice,
  type OutboxFilter,
  type OutboxLine,
} from '../queries.ts'
import { useTellError } from '../useTellError.ts'
import { everything, leftOf, ticked, type FoundLines } from './decide.ts'

interface Props {
  /** The lines that were ticked. */
  lines: readonly OutboxLine[]
  /** Whether these are all that are shown. */
  isWhole: boolean
  found: FoundLines | undefined
  filter: OutboxFilter
  onDone: () => void
}

/** Releases or refuses the lines that were chosen: those that are ticked, or all that the filters find. */
export function Decide({ lines, isWhole, found, filter, onDone }: Props) {
  const { t } = useTranslation('edits')
  const decide = useDecideLines()
  const tellError = useTellError()
  // As it was when everything was chosen: what comes later was not looked at.
  const [all, setAll] = useState<FoundLines | null>(null)
  const chosen = all !== null && isWhole ? everything(filter, all) : ticked(lines)
  // What there is now: it becomes less while the server works on all of it.
  const live = found === undefined ? null : everything(filter, found)
  const total = live?.all ?? 0
  const working = decide.isPending && 'filter' in decide.variables.lines ? decide.variables.decision : null
  const counted = (key: string, count: number): string => t(key, { count, formatted: formatNumber(count) })
  const send = (decision: Decision, which: LineChoice): void => {
    const onSuccess = (): void => {
      setAll(null)
      onDone()
    }
    decide.mutate({ decision, lines: which }, { onSuccess, onError: tellError })
  }
  /** Whether all pages are meant, or how to mean them. */
  const extent = (): ReactNode => {
    if (!isWhole || found === undefined) return null
    if (all !== null) return <Told>{counted('outbox.allChosen', chosen.all)}</Told>
    if (total <= lines.length) return null
    return (
      <Button type="link" onClick={() => setAll(found)}>
        {counted('outbox.chooseAll', total)}
      </Button>
    )
  }
  return (
    <p className="list-actions">
      <Button
        type="primary"
        disabled={chosen.waiting === 0}
        loading={decide.isPending && decide.variables.decision === 'approve'}
        onClick={() => send('approve', chosen.approve)}
      >
        {counted('outbox.approve', chosen.waiting)}
      </Button>
      <Button
        danger
        disabled={chosen.all === 0}
        loading={decide.isPending && decide.variables.decision === 'reject'}
        onClick={() => send('reject', chosen.reject)}
      >
        {counted('outbox.reject', chosen.all)}
      </Button>
      {live !== null && working !== null ? (
        <Told>{counted('outbox.left', leftOf(live, working))}</Told>
      ) : (
        extent()
      )}
    </p>
  )
}

function Told({ children }: { children: ReactNode }) {
  return (
    <span className="muted" role="status">
      {children}
    </span>
  )
}
