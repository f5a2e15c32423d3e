"""Runs as rows, with defaults for what a test does not care about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from emagsync.db.engine import Database
from emagsync.sync import repository
from emagsync.sync.ledger import PageRead
from emagsync.sync.schemas import Mode, Run, RunParameters, RunStatus, Trouble

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def a_run(run_id: str = "run-1", **changes: Any) -> Run:
    """A queued run of account `main`."""
    values: dict[str, Any] = dict.fromkeys(Run.model_fields)
    counts = ("current_page", "pages_read", "passes", "processed", "created", "updated", "unchanged", "removed")
    values |= dict.fromkeys((*counts, "failed", "requests", "rate_limit_hits", "error_count", "attempt", "fence"), 0)
    values |= {
        "id": run_id,
        "sync_id": "sync-1",
        "account": "main",
        "mode": Mode.FULL,
        "parameters": RunParameters(mode=Mode.FULL),
        "status": RunStatus.QUEUED,
        "trigger": "test",
        "created_at": AT,
        "wait_seconds": 0.0,
        "errors": (),
        "trouble": Trouble(),
    }
    return Run(**(values | changes))


def a_page(page: int, **changes: Any) -> PageRead:
    """A stored page of two rows."""
    values: dict[str, Any] = {
        "pass_number": 1,
        "scope": "main",
        "page": page,
        "size": 2,
        "status": "stored",
        "ids": (2 * page - 1, 2 * page),
        "items": 2,
        "rejected": 0,
        "attempts": 1,
        "inherited": False,
        "error": None,
        "started_at": AT,
        "finished_at": AT,
    }
    return PageRead(**(values | changes))


async def inserted(database: Database, run: Run) -> Run:
    """The run, which is in the database now."""
    async with database.transaction() as connection:
        await repository.insert_run(connection, run)
    return run


async def read_run(database: Database, run_id: str = "run-1") -> Run:
    """The run as it is stored."""
    return await repository.read_run(database, run_id)
