"""All SQL of the log of calls to eMAG."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.call_log.tables import emag_calls
from emagsync.db.bulk import BulkInsert
from emagsync.marketplace import CANCELLED

OK = "ok"
FAILED = "failed"

_BATCH = 10_000
_table = emag_calls.c


class CallRow(NamedTuple):
    """One row of the log of calls. `filters` is JSON text."""

    account: str
    route: str
    filters: str
    started_at: datetime
    duration_ms: int
    waited_ms: int
    attempt: int
    status: int | None
    outcome: str
    error: str | None
    rows: int | None
    run_id: str | None
    request_id: str | None


class CallFilter(NamedTuple):
    """A filter of calls; None does not filter. `outcome` is a code, or `failed` for all but `ok` and `cancelled`."""

    account: str | None = None
    route: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    run_id: str | None = None


_insert = BulkInsert(emag_calls, [_table[name] for name in CallRow._fields])


async def insert_calls(connection: AsyncConnection, calls: Sequence[CallRow]) -> None:
    """Add calls to the log."""
    await _insert.run(connection, calls)


async def calls(
    connection: AsyncConnection, wanted: CallFilter, *, before: int | None, limit: int
) -> list[dict[str, Any]]:
    """Calls as rows by column name, the latest written first, with ids smaller than `before`."""
    query = select(emag_calls).where(*_conditions(wanted)).order_by(_table.id.desc()).limit(limit)
    if before is not None:
        query = query.where(_table.id < before)
    return [dict(row) for row in (await connection.execute(query)).mappings()]


async def prune(connection: AsyncConnection, *, before: datetime) -> int:
    """Delete some of the calls that were made before then. Returns how many; 0 when there are none left."""
    old = select(_table.id).where(_table.started_at < before).limit(_BATCH)
    return (await connection.execute(delete(emag_calls).where(_table.id.in_(old)))).rowcount


async def trim(connection: AsyncConnection, account: str, *, keep: int) -> int:
    """Delete some of the account's oldest calls if it has more than `keep`. Returns how many; 0 when it has not."""
    newest = select(_table.id).where(_table.account == account).order_by(_table.id.desc())
    last = await connection.scalar(newest.offset(keep).limit(1))
    if last is None:
        return 0
    old = select(_table.id).where(_table.account == account, _table.id <= last).limit(_BATCH)
    return (await connection.execute(delete(emag_calls).where(_table.id.in_(old)))).rowcount


def _conditions(wanted: CallFilter) -> list[ColumnElement[bool]]:
    equal = ((_table.account, wanted.account), (_table.route, wanted.route), (_table.run_id, wanted.run_id))
    conditions = [column == value for column, value in equal if value is not None]
    if wanted.outcome == FAILED:
        conditions.append(_table.outcome.not_in((OK, CANCELLED)))
    elif wanted.outcome is not None:
        conditions.append(_table.outcome == wanted.outcome)
    if wanted.since is not None:
        conditions.append(_table.started_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(_table.started_at < wanted.until)
    return conditions
