import type { TFunction } from 'i18next'

import { formatNumber } from '../../shared/format.ts'
import type { Run } from './runs.ts'

/** What came of a run, in one sentence. */
export function countsText(t: TFunction<'sync'>, run: Run): string {
  const values = {
    count: run.processed_items,
    formatted: formatNumber(run.processed_items),
    created: formatNumber(run.created_items),
    updated: formatNumber(run.updated_items),
    unchanged: formatNumber(run.unchanged_items),
    removed: formatNumber(run.removed_items),
    failed: formatNumber(run.failed_items),
  }
  const text = t(run.dry_run ? 'counts.dryRun' : 'counts.done', values)
  return run.failed_items > 0 ? `${text} ${t('counts.failed', values)}` : text
}
