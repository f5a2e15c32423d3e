"""The SQL of Home that no other room has: visits, and counting holds and runs within a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    func,
    insert,
    literal,
    literal_column,
    null,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.ready import Answering, Question, ReadySelect
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


class Waiting(NamedTuple):
    """What waits for a person now, whenever it began: open conflicts, lines to approve, holds of the brake."""

    conflicts: int
    approvals: int
    holds: int


class Numbers(NamedTuple):
    """What Home tells beside the changes of offers.

    `newest_notable`: the newest id of `notable_changes`, or 0: as long as it is the same, so are the counts of kinds.
    `failed_runs`: how many runs that began to exist within the times failed, by account; `holds`: how often the brake
    stopped something within them.
    """

    newest_notable: int
    failed_runs: dict[str, int]
    holds: dict[str, int]
    waiting: Waiting


async def read_numbers(
    source: Answering,
    since: datetime,
    until: datetime | None,
    accounts: tuple[str, ...],
    *others: Question,
) -> tuple[Numbers, list[Sequence[Any]]]:
    """The numbers from `since` on and before `until`, of all accounts or of some. And the answers to other questions,
    which are asked along with it."""
    times = {_SINCE: since} if until is None else {_SINCE: since, _UNTIL: until}
    rows, *told = await source.ask((_numbers_query(until is not None, accounts), times), *others)
    by_account: dict[str, dict[str, int]] = {_FAILED: {}, _HELD: {}}
    totals: dict[str, int] = {}
    for row in rows:
        if row.what in by_account:
            by_account[row.what][row.account] = row.number
        else:
            totals[row.what] = row.number or 0
    waiting = Waiting(**{name: totals[name] for name in _WAITING})
    return Numbers(totals[_NEWEST], by_account[_FAILED], by_account[_HELD], waiting), told


_NEWEST: Final = "newest"
_FAILED: Final = "failed"
_HELD: Final = "held"
_SINCE, _UNTIL = "since", "until"  # parameters
_WAITING: Final[Mapping[str, tuple[Table, ColumnElement[bool]]]] = {
    "conflicts": (conflicts, conflicts.c.state == "open"),
    "approvals": (outbox, outbox.c.state == OutboxState.WAITING.value),
    "holds": (holds, holds.c.state == HoldState.WAITING.value),
}


# Built once: building it takes longer than executing it.
@lru_cache(maxsize=64)
def _numbers_query(has_end: bool, accounts: tuple[str, ...]) -> ReadySelect:
    failed = and_(_failed, *_within(sync_runs.c.created_at, has_end=has_end))
    held = and_(*_within(holds.c.created_at, has_end=has_end))
    query = union_all(
        select(literal(_NEWEST).label("what"), null().label("account"), func.max(notable_changes.c.id).label("number")),
        _by_account(_FAILED, sync_runs, failed, accounts),
        _by_account(_HELD, holds, held, accounts),
        *(_count(what, table, waits, accounts) for what, (table, waits) in _WAITING.items()),
    )
    return ReadySelect(query, is_short=True)


def _count(what: str, table: Table, condition: ColumnElement[bool], accounts: Collection[str]) -> Any:
    query = select(literal(what), null(), func.count()).select_from(table).where(condition)
    return query.where(table.c.account.in_(sorted(accounts))) if accounts else query


def _by_account(what: str, table: Table, condition: ColumnElement[bool], accounts: Collection[str]) -> Select[Any]:
    query = select(literal(what), table.c.account, func.count()).where(condition).group_by(table.c.account)
    return query.where(table.c.account.in_(sorted(accounts))) if accounts else query


def _within(column: ColumnElement[Any], *, has_end: bool) -> list[ColumnElement[bool]]:
    since, until = (bindparam(name, type_=column.type) for name in (_SINCE, _UNTIL))
    return [column >= since, column < until] if has_end else [column >= since]
