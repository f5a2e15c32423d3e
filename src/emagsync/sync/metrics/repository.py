"""All SQL about counting runs: from their rows into the totals, each once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.call_log import metric_totals_repository as metric_totals
from emagsync.offers.tables import offer_changes
from emagsync.sync.metrics.run_metrics import CHANGED, RunFigures, figures, latest
from emagsync.sync.tables import account_paces, sync_runs
from emagsync.telemetry.metrics import Series

_figures = [sync_runs.c[name] for name in RunFigures._fields]
_waiting = ~sync_runs.c.counted
_REPRICED = "sale_price"


async def uncounted(connection: AsyncConnection) -> list[RunFigures]:
    """The runs whose figures are not in the totals: the active ones, and those that ended just now."""
    return [RunFigures(*row) for row in await connection.execute(select(*_figures).where(_waiting))]


async def has_finished(connection: AsyncConnection) -> bool:
    """Whether any run waits to be counted."""
    query = select(sync_runs.c.id).where(_waiting, sync_runs.c.finished_at.is_not(None)).limit(1)
    return (await connection.execute(query)).first() is not None


async def page_sizes(connection: AsyncConnection) -> dict[str, int]:
    """The size of the pages of each account whose pages cannot be as large as is asked for."""
    rows = await connection.execute(select(account_paces.c.account, account_paces.c.page_size))
    return {row.account: row.page_size for row in rows}


async def count_finished(connection: AsyncConnection, *, limit: int) -> int:
    """Put the figures of ended runs, the oldest end first, into the totals. Returns how many runs they were."""
    return await _count(connection, sync_runs.c.finished_at.is_not(None), limit=limit)


async def count_runs(connection: AsyncConnection, run_ids: Sequence[str]) -> int:
    """Put the figures of these ended runs into the totals, unless they are there."""
    return await _count(connection, sync_runs.c.id.in_(run_ids), limit=len(run_ids))


async def _count(connection: AsyncConnection, condition: ColumnElement[bool], *, limit: int) -> int:
    query = select(*_figures).where(_waiting, condition).order_by(sync_runs.c.finished_at).limit(limit)
    # Who else counts at the same time, on PostgreSQL, takes other runs.
    rows = [RunFigures(*row) for row in await connection.execute(query.with_for_update(skip_locked=True))]
    if not rows:
        return 0
    await connection.execute(update(sync_runs).where(sync_runs.c.id.in_([row.id for row in rows])).values(counted=True))
    await metric_totals.add(connection, figures(rows))
    await metric_totals.put(connection, {**latest(rows), **await _repriced(connection, rows)})
    return len(rows)


async def _repriced(connection: AsyncConnection, rows: Sequence[RunFigures]) -> dict[Series, float]:
    last = {row.account: row for row in rows if not row.is_dry and row.reads_a_list}
    query = (
        select(offer_changes.c.run_id, func.count().label("number"))
        .where(offer_changes.c.run_id.in_([row.id for row in last.values()]), offer_changes.c.field == _REPRICED)
        .group_by(offer_changes.c.run_id)
    )
    counts = {row.run_id: row.number for row in await connection.execute(query)} if last else {}
    return {
        CHANGED.series(account, "repriced"): counts.get(row.id, 0) / row.processed if row.processed else 0.0
        for account, row in last.items()
    }
