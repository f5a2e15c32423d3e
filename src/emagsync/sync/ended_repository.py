"""All SQL about runs that have ended: handing their ends on, and deleting the old ones."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.sync.metrics.repository import count_runs
from emagsync.sync.repository import IS_DRY
from emagsync.sync.run_rows import read_row
from emagsync.sync.schemas import Run, RunStatus
from emagsync.sync.tables import sync_runs


async def unannounced(connection: AsyncConnection, limit: int = 50) -> list[Run]:
    """Ended runs whose end has not been handed on, in the order in which they ended."""
    query = (
        select(sync_runs)
        .where(~sync_runs.c.announced, sync_runs.c.finished_at.is_not(None))
        .order_by(sync_runs.c.finished_at)
        .limit(limit)
    )
    return [read_row(row) for row in await connection.execute(query)]


async def mark_announced(connection: AsyncConnection, run_id: str) -> bool:
    """Note that the run's end is being handed on; False when another process was faster."""
    query = update(sync_runs).where(sync_runs.c.id == run_id, ~sync_runs.c.announced).values(announced=True)
    return (await connection.execute(query)).rowcount == 1


async def prune(connection: AsyncConnection, *, before: datetime, limit: int = 200) -> int:
    """Delete runs that ended before then, with their ledgers; never an account's newest or last completed one.

    What they count for in the metrics stays.
    """
    newest = select(func.max(sync_runs.c.created_at)).group_by(sync_runs.c.account)
    completed = newest.where(sync_runs.c.status == RunStatus.COMPLETED, ~IS_DRY)
    old = (
        select(sync_runs.c.id)
        .where(
            sync_runs.c.finished_at < before,
            sync_runs.c.announced,
            sync_runs.c.created_at.not_in(newest),
            sync_runs.c.created_at.not_in(completed),
        )
        .order_by(sync_runs.c.finished_at)
        .limit(limit)
    )
    ids = list((await connection.execute(old)).scalars())
    if ids:
        await count_runs(connection, ids)
        await connection.execute(delete(sync_runs).where(sync_runs.c.id.in_(ids)))
    return len(ids)
