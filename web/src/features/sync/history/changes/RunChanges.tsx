import { Button, Tag } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { DataTable, type Column } from '../../../../shared/DataTable.tsx'
import { CHANGE_KINDS, offersAddress, type ChangeKind } from '../../../../shared/happened.ts'
import { ErrorState, formatNumber, LoadingState, useUrlState } from '../../../../shared/index.ts'
import { ApplyButton } from './ApplyButton.tsx'
import { FieldChanges, OfferName } from './cells.tsx'
import type { RunStatus } from '../queries.ts'
import { useRunChanges, type ChangedOffer, type RunChangesPage } from './queries.ts'

const UNDERWAY: ReadonlySet<RunStatus> = new Set(['queued', 'running', 'interrupted'])
const ANY: { kind: string | null } = { kind: null }

interface Props {
  runId: string
  isDry: boolean
  status: RunStatus
}

/** What a run changed, or a dry run would have: how many offers of each kind, and which. */
export function RunChanges({ runId, isDry, status }: Props) {
  const [filter, setFilter] = useUrlState(ANY)
  const kind = CHANGE_KINDS.find((known) => known === filter.kind) ?? null
  const found = useRunChanges(runId, kind)
  if (found.data === undefined)
    return found.error ? (
      <ErrorState error={found.error} onRetry={() => void found.refetch()} />
    ) : (
      <LoadingState />
    )
  return (
    <Found
      pages={found.data.pages}
      kind={kind}
      status={status}
      mayApply={isDry && !UNDERWAY.has(status)}
      onChoose={setFilter}
    >
      {found.hasNextPage ? (
        <More isLoading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()} />
      ) : null}
    </Found>
  )
}

interface FoundProps {
  pages: readonly RunChangesPage[]
  kind: ChangeKind | null
  status: RunStatus
  mayApply: boolean
  onChoose: (filter: { kind: ChangeKind | null }) => void
  children: ReactNode
}

function Found({ pages, kind, status, mayApply, onChoose, children }: FoundProps) {
  const { t } = useTranslation('changes')
  const data = pages[0]?.data
  if (data === undefined) return null
  const { run_id: run, dry_run: isDry } = data
  return (
    <section>
      <h3>{t(isDry ? 'would.title' : 'did.title')}</h3>
      <Summary data={data} status={status} />
      {mayApply && data.count > 0 ? <ApplyButton runId={run} /> : null}
      {data.count === 0 ? null : (
        <>
          <KindChoice kinds={data.kinds} chosen={kind} onChoose={(next) => onChoose({ kind: next })} />
          {isDry ? null : (
            <p>
              <Link to={offersAddress({ run, kind })}>{t('inOffers')}</Link>
            </p>
          )}
          <Offers items={pages.flatMap((page) => page.data.items)} />
        </>
      )}
      {children}
    </section>
  )
}

function More({ isLoading, onClick }: { isLoading: boolean; onClick: () => void }) {
  const { t } = useTranslation('changes')
  return (
    <Button loading={isLoading} onClick={onClick}>
      {t('more')}
    </Button>
  )
}

interface SummaryProps {
  data: { count: number; dry_run: boolean }
  status: RunStatus
}

/** That the copy is as eMAG is is said only of a run that read everything it was to read. */
function Summary({ data: { count, dry_run: isDry }, status }: SummaryProps) {
  const { t } = useTranslation('changes')
  const words = isDry ? 'would' : 'did'
  if (count === 0) {
    const none = status === 'completed' ? 'none' : UNDERWAY.has(status) ? 'noneSoFar' : 'noneYet'
    return <p>{t(`${words}.${none}`)}</p>
  }
  return <p>{t(`${words}.count`, { count, formatted: formatNumber(count) })}</p>
}

interface KindChoiceProps {
  kinds: readonly { kind: ChangeKind; offers: number }[]
  chosen: ChangeKind | null
  onChoose: (kind: ChangeKind | null) => void
}

/** The kinds that there are, each with its number; one that is chosen narrows the list. */
function KindChoice({ kinds, chosen, onChoose }: KindChoiceProps) {
  const { t } = useTranslation()
  return (
    <div className="run-kinds">
      {kinds.map(({ kind, offers }) => (
        <Tag.CheckableTag
          key={kind}
          checked={kind === chosen}
          onChange={(checked) => onChoose(checked ? kind : null)}
        >
          {t(`changeKinds.${kind}`)}: {formatNumber(offers)}
        </Tag.CheckableTag>
      ))}
    </div>
  )
}

function Offers({ items }: { items: readonly ChangedOffer[] }) {
  const { t } = useTranslation('changes')
  const common = useTranslation().t
  const columns: Column<ChangedOffer>[] = [
    { key: 'offer', title: t('offer'), width: 300, render: (one) => <OfferName of={one} /> },
    {
      key: 'kinds',
      title: t('kinds'),
      width: 220,
      render: (one) => one.kinds.map((kind) => common(`changeKinds.${kind}`)).join(', '),
    },
    {
      key: 'fields',
      title: t('fields'),
      width: 420,
      render: (one) => <FieldChanges fields={one.fields} currency={one.currency} />,
    },
  ]
  return <DataTable label={t('fields')} columns={columns} rows={items} rowKey={(one) => one.emag_id} />
}
