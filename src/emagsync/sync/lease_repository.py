"""All SQL about who may write for a run: claiming one, writing with the lease, revoking it.

A holder writes only with its `RunLease`: each of its statements names the fence that it claimed, so for a run that was
stopped, cleaned up or taken over it changes no row, and the whole transaction is rolled back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.ready import RowUpdate
from emagsync.sync.errors import RunSuperseded
from emagsync.sync.run_rows import KEPT_ERRORS, codes_text, errors_text
from emagsync.sync.schemas import Phase, Run, RunError, RunStatus
from emagsync.sync.tables import ACTIVE_STATUSES, sync_runs


class RunLease(NamedTuple):
    """The right to write for a run, as long as nobody has raised its fence."""

    run_id: str
    account: str
    fence: int


async def claim(
    connection: AsyncConnection, run: Run, *, worker: str, now: datetime, keep: Mapping[str, Any]
) -> RunLease:
    """Take an active run as it was seen in `run`. Raises RunSuperseded when somebody else was faster."""
    result = await connection.execute(
        update(sync_runs)
        .where(sync_runs.c.id == run.id, sync_runs.c.fence == run.fence, sync_runs.c.status.in_(ACTIVE_STATUSES))
        .values(
            status=RunStatus.RUNNING,
            fence=run.fence + 1,
            attempt=run.attempt + 1,
            worker=worker,
            started_at=run.started_at or now,
            attempt_started_at=now,
            heartbeat_at=now,
            phase=Phase.STARTING,
            **keep,
        )
    )
    if result.rowcount != 1:
        raise RunSuperseded(f"Run {run.id} was claimed by another process.")
    return RunLease(run.id, run.account, run.fence + 1)


async def update_leased(connection: AsyncConnection, lease: RunLease, values: Mapping[str, Any]) -> None:
    """Change the row of a running run. Raises RunSuperseded, which rolls the caller's transaction back."""
    given = {f"new_{name}": value for name, value in values.items()}
    updated = await _leased_update(tuple(values)).run(
        connection, lease_run_id=lease.run_id, lease_fence=lease.fence, **given
    )
    if updated != 1:
        raise RunSuperseded(f"Run {lease.run_id} was stopped or taken over: nothing more is written for it.")


@lru_cache(maxsize=16)
def _leased_update(names: tuple[str, ...]) -> RowUpdate:
    # With every page: building the statement anew takes longer than carrying it out.
    return RowUpdate(
        update(sync_runs)
        .where(
            sync_runs.c.id == bindparam("lease_run_id"),
            sync_runs.c.fence == bindparam("lease_fence"),
            sync_runs.c.status == RunStatus.RUNNING,
        )
        .values({name: bindparam(f"new_{name}") for name in names})
    )


async def is_leased(connection: AsyncConnection, lease: RunLease) -> bool:
    """Whether the lease is still valid."""
    query = select(literal(1)).where(
        sync_runs.c.id == lease.run_id, sync_runs.c.fence == lease.fence, sync_runs.c.status == RunStatus.RUNNING
    )
    return await connection.scalar(query) is not None


async def revoke(
    connection: AsyncConnection, run: Run, status: RunStatus, *, now: datetime, error: RunError | None = None
) -> bool:
    """Revoke the lease of an active run and give it `status`; returns whether it still was as seen in `run`."""
    values: dict[str, Any] = {"status": status, "fence": run.fence + 1}
    if status.is_finished:
        values["finished_at"] = now
    if error is not None:
        values["errors"] = errors_text((*run.errors[: KEPT_ERRORS - 1], error))
        values["error_count"] = run.error_count + 1
        if run.error_codes is not None:
            values["error_codes"] = codes_text(Counter(run.error_codes) + Counter([str(error.code)]))
    result = await connection.execute(
        update(sync_runs)
        .where(sync_runs.c.id == run.id, sync_runs.c.fence == run.fence, sync_runs.c.status.in_(ACTIVE_STATUSES))
        .values(**values)
    )
    return result.rowcount == 1
