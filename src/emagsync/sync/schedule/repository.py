"""All SQL about the schedule."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkInsert
from emagsync.sync.schedule.jobs import Job
from emagsync.sync.schedule.tables import schedules


class Due(NamedTuple):
    """A job's row. `enabled` and `interval_seconds` are what a person changed, or None."""

    name: str
    enabled: bool | None
    interval_seconds: int | None
    next_run_at: datetime
    last_run_at: datetime | None
    last_result: str | None
    last_message: str | None


_columns = [schedules.c[name] for name in Due._fields]
_new = [schedules.c[name] for name in ("name", "kind", "account", "next_run_at")]
_insert = BulkInsert(schedules, _new, key=[schedules.c.name])


async def ensure(connection: AsyncConnection, jobs: Iterable[tuple[Job, datetime]]) -> None:
    """Make the rows that are missing, first due then."""
    await _insert.run(connection, [(job.name, job.kind.value, job.account, due) for job, due in jobs])


async def rows(connection: AsyncConnection, names: Collection[str]) -> dict[str, Due]:
    """The rows of these jobs, by name."""
    result = await connection.execute(select(*_columns).where(schedules.c.name.in_(names)))
    return {row.name: _due(row) for row in result}


async def claim(connection: AsyncConnection, row: Due, *, now: datetime, next_run_at: datetime) -> bool:
    """Take the job as it was seen in `row`; False when another scheduler was faster."""
    result = await connection.execute(
        update(schedules)
        .where(schedules.c.name == row.name, schedules.c.next_run_at == row.next_run_at)
        .values(next_run_at=next_run_at, last_run_at=now)
    )
    return result.rowcount == 1


async def change(connection: AsyncConnection, name: str, values: Mapping[str, Any]) -> None:
    """Change columns of one row."""
    await connection.execute(update(schedules).where(schedules.c.name == name).values(**values))


async def bring_forward(connection: AsyncConnection, name: str, at: datetime) -> None:
    """Let the job be due then, unless it is due before."""
    await connection.execute(
        update(schedules).where(schedules.c.name == name, schedules.c.next_run_at > at).values(next_run_at=at)
    )


def _due(row: Row[Any]) -> Due:
    return Due(**row._mapping)
