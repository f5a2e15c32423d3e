import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { formatDuration, formatNumber } from '../../../shared/index.ts'
import type { RunDetail } from './queries.ts'

/** What was asked of a run. */
export function RunOptions({ run }: { run: RunDetail }) {
  const { t } = useTranslation('history')
  const asked = run.parameters
  const facts: [string, string][] = [
    [t('columns.mode'), t(`mode.${run.mode}`)],
    [t('options.items_per_page'), formatNumber(asked.items_per_page)],
    [t('options.max_pages'), asked.max_pages == null ? t('options.none') : formatNumber(asked.max_pages)],
    [t('options.include_inactive'), asked.include_inactive ? t('options.yes') : t('options.no')],
    [t('options.conflict_strategy'), t(`options.${asked.conflict_strategy ?? 'emag_priority'}`)],
    [t('options.timeout_seconds'), formatDuration(asked.timeout_seconds)],
    [t('detail.runId'), run.id],
  ]
  if (asked.selection)
    facts.push([t('options.selection'), selectionText(asked.selection, (key) => t(`options.${key}`))])
  return (
    <details>
      <summary>{t('detail.options')}</summary>
      <dl className="facts">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {run.resumed_from ? <Link to={`/history/${run.resumed_from}`}>{t('detail.resumed')}</Link> : null}
    </details>
  )
}

type Selection = NonNullable<RunDetail['parameters']['selection']>

/** A selection in words: "ids 1, 2, 3; highest stock 5". */
function selectionText(selection: Selection, name: (key: string) => string): string {
  return Object.entries(selection)
    .filter(([, value]) => value !== null && (!Array.isArray(value) || value.length > 0))
    .map(([key, value]) => `${name(key)} ${Array.isArray(value) ? value.join(', ') : String(value)}`)
    .join('; ')
}
