"""The SQL of Home that no other room has: visits, and counting holds and runs within a time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Table, and_, func, insert, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.edits.push.schemas import HoldState
from emagsync.edits.states import OutboxState
from emagsync.edits.tables import conflicts, holds, outbox
from emagsync.home.tables import home_visits
from emagsync.offers.tables import notable_changes
from emagsync.sync.tables import sync_runs

# As the partial index says it: with a parameter in its place, neither database would know that it may use it.
_failed: ColumnElement[bool] = literal_column("sync_runs.status = 'failed'")


class Visits(NamedTuple):
    """When a user last looked, and when the visit before that one ended."""

    last_at: datetime
    previous_at: datetime | None


async def visits_of(connection: AsyncConnection, user_id: int) -> Visits | None:
    """The user's visits; None before the first."""
    query = select(home_visits.c.last_at, home_visits.c.previous_at).where(home_visits.c.user_id == user_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Visits(*row)


async def note_visit(connection: AsyncConnection, user_id: int, visits: Visits) -> None:
    """Note that the user looks at Home."""
    values = visits._asdict()
    noted = update(home_visits).where(home_visits.c.user_id == user_id).values(**values)
    if not (await connection.execute(noted)).rowcount:
        await connection.execute(insert(home_visits).values(user_id=user_id, **values))


async def newest_notable(connection: AsyncConnection) -> int:
    """The newest id of `notable_changes`, or 0: as long as it is the same, so are the counts of kinds."""
    return await connection.scalar(select(func.max(notable_changes.c.id))) or 0


async def count_failed_runs(
    connection: AsyncConnection, since: datetime, until: datetime | None, accounts: Collection[str]
) -> dict[str, int]:
    """How many runs that began to exist within these times failed, by account."""
    within = _within(sync_runs.c.created_at, since, until)
    return await _by_account(connection, sync_runs, and_(_failed, *within), accounts)


async def count_holds(
    connection: AsyncConnection, since: datetime, until: datetime | None, accounts: Collection[str]
) -> dict[str, int]:
    """How often the brake stopped something within these times, by account."""
    return await _by_account(connection, holds, and_(*_within(holds.c.created_at, since, until)), accounts)


class Waiting(NamedTuple):
    """What waits for a person now, whenever it began: open conflicts, lines to approve, holds of the brake."""

    conflicts: int
    approvals: int
    holds: int


async def count_waiting(connection: AsyncConnection, accounts: Collection[str]) -> Waiting:
    """What waits for a person."""
    counts = [
        _count(conflicts, conflicts.c.state == "open", accounts),
        _count(outbox, outbox.c.state == OutboxState.WAITING.value, accounts),
        _count(holds, holds.c.state == HoldState.WAITING.value, accounts),
    ]
    return Waiting(*(await connection.execute(select(*(count.scalar_subquery() for count in counts)))).one())


def _count(table: Table, condition: ColumnElement[bool], accounts: Collection[str]) -> Select[Any]:
    query = select(func.count()).select_from(table).where(condition)
    return query.where(table.c.account.in_(sorted(accounts))) if accounts else query


async def _by_account(
    connection: AsyncConnection, table: Table, condition: ColumnElement[bool], accounts: Collection[str]
) -> dict[str, int]:
    query = select(table.c.account, func.count()).where(condition).group_by(table.c.account)
    if accounts:
        query = query.where(table.c.account.in_(sorted(accounts)))
    return dict([tuple(row) for row in await connection.execute(query)])


def _within(column: ColumnElement[Any], since: datetime, until: datetime | None) -> list[ColumnElement[bool]]:
    return [column >= since] if until is None else [column >= since, column < until]
