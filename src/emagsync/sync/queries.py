"""Reading about runs, for pages, commands and routes."""

from __future__ import annotations

from datetime import datetime

from emagsync.db.engine import Database
from emagsync.sync import repository
from emagsync.sync.repository import PageRead
from emagsync.sync.schemas import Run, RunStatus


async def recent_runs(
    database: Database,
    *,
    account: str | None = None,
    status: RunStatus | None = None,
    sync_id: str | None = None,
    before: tuple[datetime, str] | None = None,
    dry_runs: bool = True,
    limit: int = 20,
) -> list[Run]:
    """Runs, newest first; with `before`, the creation time and id of a run, those that follow it in this order."""
    async with database.snapshot() as connection:
        return await repository.runs(
            connection, account=account, status=status, sync_id=sync_id, before=before, dry_runs=dry_runs, limit=limit
        )


async def active_runs(database: Database) -> list[Run]:
    """The runs that hold an account now: queued, running or interrupted."""
    async with database.snapshot() as connection:
        return await repository.active_runs(connection)


async def find_run(database: Database, run_id: str) -> Run:
    """That run. Raises RunNotFound."""
    async with database.snapshot() as connection:
        return await repository.get_run(connection, run_id)


async def ledger(database: Database, run_id: str) -> list[PageRead]:
    """The pages of a run, in order. Raises RunNotFound."""
    async with database.snapshot() as connection:
        await repository.get_run(connection, run_id)
        return await repository.ledger(connection, run_id)
