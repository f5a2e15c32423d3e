"""All SQL that finds runs, and that makes new ones.

Writing for a run is in `lease_repository`, its ledger in `ledger_repository`, what follows its end in
`ended_repository`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    Text,
    bindparam,
    cast,
    column,
    insert,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.engine import Database
from emagsync.db.lists import each_text
from emagsync.db.ready import Question, ReadySelect
from emagsync.offers import counts
from emagsync.offers.tables import offer_counts
from emagsync.sync.errors import RunAmbiguous, RunNotFound
from emagsync.sync.run_rows import columns_of, read_row
from emagsync.sync.schemas import Mode, Run, RunStatus
from emagsync.sync.tables import ACTIVE_STATUSES, sync_runs

_SHOWN_IDS = 5  # of the runs that a beginning could mean

# Not a column of its own: it is asked for seldom, and of few rows. With a parameter in the pattern's place SQLite would
# compile each of these statements anew at every call, to see whether an index fits the pattern.
IS_DRY = cast(sync_runs.c.parameters, Text).like(literal_column("'%\"dry_run\":true%'"))

# In words for the same reason: there are partial indexes by status.
_COMPLETED: ColumnElement[str] = literal_column(f"'{RunStatus.COMPLETED.value}'")


async def insert_run(connection: AsyncConnection, run: Run) -> None:
    """A new run. Raises ConstraintViolated when another one holds the account."""
    await connection.execute(insert(sync_runs).values(**columns_of(run)))


async def holder_of(connection: AsyncConnection, account: str) -> Run | None:
    """The run that holds the account: queued, running or interrupted."""
    return await _one(
        connection, select(sync_runs).where(sync_runs.c.account == account, sync_runs.c.status.in_(ACTIVE_STATUSES))
    )


async def successor_of(connection: AsyncConnection, run_id: str) -> str | None:
    """The id of the newest run that goes on from that one, as a retry or by itself; None where none does."""
    later = select(sync_runs.c.id).where(sync_runs.c.resumed_from == run_id)
    found: str | None = await connection.scalar(later.order_by(sync_runs.c.created_at.desc(), sync_runs.c.id).limit(1))
    return found


async def active_runs(connection: AsyncConnection) -> list[Run]:
    """Every run that holds an account."""
    result = await connection.execute(select(sync_runs).where(sync_runs.c.status.in_(ACTIVE_STATUSES)))
    return [read_row(row) for row in result]


async def newest_run(connection: AsyncConnection, account: str) -> Run | None:
    """The account's latest run, whatever came of it."""
    return await _one(
        connection,
        select(sync_runs)
        .where(sync_runs.c.account == account)
        .order_by(sync_runs.c.created_at.desc(), sync_runs.c.id.desc())
        .limit(1),
    )


async def get_run(connection: AsyncConnection, run_id: str) -> Run:
    """That run. Raises RunNotFound."""
    run = await _one(connection, select(sync_runs).where(sync_runs.c.id == run_id))
    if run is None:
        raise RunNotFound(run_id)
    return run


def _id_of(account: ColumnElement[str]) -> ScalarSelect[str]:
    """The id of the newest completed run of the account of an outer row; dry runs are none."""
    return (
        select(sync_runs.c.id)
        .where(sync_runs.c.account == account, sync_runs.c.status == _COMPLETED, ~IS_DRY)
        .order_by(sync_runs.c.created_at.desc(), sync_runs.c.id.desc())
        .limit(1)
        .correlate_except(sync_runs)
        .scalar_subquery()
    )


_name = each_text(bindparam("accounts", type_=Text)).table_valued(column("value"))
_last_completed = ReadySelect(
    select(sync_runs).where(sync_runs.c.id.in_(select(_id_of(_name.c.value)).select_from(_name))), is_short=True
)
_of_copy = select(_id_of(offer_counts.c.account)).where(offer_counts.c.what == counts.OFFERS)
_last_of_copy = ReadySelect(select(sync_runs).where(sync_runs.c.id.in_(_of_copy)), is_short=True)
_newest = ReadySelect(
    select(sync_runs)
    .order_by(sync_runs.c.created_at.desc(), sync_runs.c.id.desc())
    .limit(bindparam("most", type_=Integer)),
    is_short=True,
)


async def runs(
    connection: AsyncConnection,
    *,
    account: str | None = None,
    status: RunStatus | None = None,
    sync_id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: tuple[datetime, str] | None = None,
    dry_runs: bool = True,
    limit: int = 50,
) -> list[Run]:
    """Runs, newest first, made from `since` on and before `until`.

    With `before`, the creation time and id of a run, those that follow it in this order.
    """
    query = select(sync_runs).order_by(sync_runs.c.created_at.desc(), sync_runs.c.id.desc()).limit(limit)
    named = ((sync_runs.c.account, account), (sync_runs.c.status, status), (sync_runs.c.sync_id, sync_id))
    for place, value in named:
        if value is not None:
            query = query.where(place == value)
    if since is not None:
        query = query.where(sync_runs.c.created_at >= since)
    if until is not None:
        query = query.where(sync_runs.c.created_at < until)
    if not dry_runs:
        query = query.where(~IS_DRY)
    if before is not None:
        query = query.where(tuple_(sync_runs.c.created_at, sync_runs.c.id) < tuple_(*_bound(before)))
    return [read_row(row) for row in await connection.execute(query)]


def newest_runs(limit: int) -> Question:
    """What `runs_of` reads: the newest runs of all accounts, the newest first."""
    return _newest, {"most": limit}


# What `runs_of` reads: the newest completed run of each account that has offers; dry runs are none.
LAST_COMPLETED: Final[Question] = (_last_of_copy, {})


def runs_of(rows: Iterable[Any]) -> list[Run]:
    """The runs of an answer."""
    return [read_row(row) for row in rows]


def last_completed(accounts: Collection[str]) -> Question:
    """What `runs_of` reads: the newest completed run of each of the accounts that has one; dry runs are none."""
    return _last_completed, {"accounts": orjson.dumps(sorted(accounts)).decode()}


async def was_copied(connection: AsyncConnection, account: str, *, every_status: bool) -> bool:
    """Whether a run has read the account's whole list before: of every status, or at least the active offers."""
    good = (RunStatus.COMPLETED.value, RunStatus.PARTIAL.value)
    parameters = cast(sync_runs.c.parameters, Text)
    query = (
        select(sync_runs.c.id)
        .where(sync_runs.c.account == account, sync_runs.c.status.in_(good), ~IS_DRY)
        .where(sync_runs.c.mode != Mode.SELECTIVE.value, parameters.like('%"max_pages":null%'))
        .limit(1)
    )
    if every_status:
        of_all = (sync_runs.c.mode == Mode.FULL.value, parameters.like('%"include_inactive":true%'))
        query = query.where(or_(*of_all))
    return await connection.scalar(query) is not None


async def runs_by_id(connection: AsyncConnection, run_ids: Sequence[str]) -> list[Run]:
    """Those of the runs that exist, oldest first."""
    query = select(sync_runs).where(sync_runs.c.id.in_(run_ids)).order_by(sync_runs.c.created_at, sync_runs.c.id)
    return [read_row(row) for row in await connection.execute(query)]


async def read_runs(
    database: Database,
    *,
    account: str | None = None,
    status: RunStatus | None = None,
    sync_id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: tuple[datetime, str] | None = None,
    dry_runs: bool = True,
    limit: int = 20,
) -> list[Run]:
    """As `runs`, in a snapshot of its own."""
    async with database.snapshot() as connection:
        return await runs(
            connection,
            account=account,
            status=status,
            sync_id=sync_id,
            since=since,
            until=until,
            before=before,
            dry_runs=dry_runs,
            limit=limit,
        )


async def read_active_runs(database: Database) -> list[Run]:
    """As `active_runs`, in a snapshot of its own."""
    async with database.snapshot() as connection:
        return await active_runs(connection)


async def read_run(database: Database, run_id: str) -> Run:
    """As `get_run`, in a snapshot of its own. Raises RunNotFound."""
    async with database.snapshot() as connection:
        return await get_run(connection, run_id)


async def run_id_of(database: Database, prefix: str) -> str:
    """The id that begins with `prefix`, which may be the whole. Raises RunNotFound, or RunAmbiguous for several."""
    named = select(sync_runs.c.id).where(sync_runs.c.id.startswith(prefix, autoescape=True))
    async with database.snapshot() as connection:
        ids: list[str] = list((await connection.execute(named.order_by(sync_runs.c.id).limit(_SHOWN_IDS))).scalars())
    if not prefix or not ids:
        raise RunNotFound(prefix)
    if len(ids) > 1 and prefix not in ids:
        raise RunAmbiguous(prefix, ids)
    return ids[0]


async def _one(connection: AsyncConnection, query: Select[Any]) -> Run | None:
    row = (await connection.execute(query)).first()
    return None if row is None else read_row(row)


def _bound(before: tuple[datetime, str]) -> tuple[Any, Any]:
    return literal(before[0], sync_runs.c.created_at.type), literal(before[1])
