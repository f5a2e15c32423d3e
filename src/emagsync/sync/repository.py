"""All SQL about runs and their page ledger.

A holder writes only with its `RunLease`: each of its statements names the fence that it claimed, so for a run that was
stopped, cleaned up or taken over it changes no row, and the whole transaction is rolled back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    Row,
    Select,
    Text,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkInsert, RowUpdate
from emagsync.db.engine import Database
from emagsync.db.lists import each_text
from emagsync.marketplace.page_sizes import Pace
from emagsync.sync.errors import RunAmbiguous, RunNotFound, RunSuperseded
from emagsync.sync.metrics.repository import count_runs
from emagsync.sync.schemas import FailedRequest, Mode, Phase, Run, RunError, RunParameters, RunStatus, Trouble
from emagsync.sync.tables import ACTIVE_STATUSES, account_paces, sync_failed_requests, sync_pages, sync_runs

MAIN_SCOPE = "main"
# The second reading, of all offers, that decides about many offers that the first one did not show.
CONFIRMING_SCOPE = "confirm"
KEPT_ERRORS = 50
# Pages of the ledger, each with up to a hundred ids.
_PAGES_AT_ONCE = 500
_SHOWN_IDS = 5  # of the runs that a beginning could mean


def part_scope(scope: str, size: int) -> str:
    """The scope of the parts, of so many rows, of pages of `scope` that are not complete: `main:25`."""
    return f"{scope}:{size}"


class RunLease(NamedTuple):
    """The right to write for a run, as long as nobody has raised its fence."""

    run_id: str
    account: str
    fence: int


class PageRead(NamedTuple):
    """One page of the ledger. `ids` are those of its rows, in order; times are aware UTC."""

    pass_number: int
    scope: str
    page: int
    size: int
    status: str
    ids: tuple[int, ...]
    items: int
    rejected: int
    attempts: int
    inherited: bool
    error: str | None
    started_at: datetime
    finished_at: datetime

    @property
    def is_stored(self) -> bool:
        """Whether every row of it was read."""
        return self.status == "stored"

    @property
    def is_part(self) -> bool:
        """Whether it is a part of a page that is not complete."""
        return ":" in self.scope

    @property
    def list_scope(self) -> str:
        """The scope of the list that it belongs to, as a page or as a part of one."""
        return self.scope.partition(":")[0]


# Not a column of its own: it is asked for seldom, and of few rows.
_is_dry = cast(sync_runs.c.parameters, Text).like('%"dry_run":true%')

_ledger_columns = [
    sync_pages.c.run_id,
    *(sync_pages.c[name] for name in PageRead._fields),
]
_ledger_key = [sync_pages.c.run_id, sync_pages.c.pass_number, sync_pages.c.scope, sync_pages.c.page]
_record_page = BulkInsert(
    sync_pages,
    sorted(_ledger_columns, key=list(sync_pages.c).index),
    key=_ledger_key,
    update=[column for column in sync_pages.c if column not in _ledger_key],
)

_failed_columns = [
    sync_failed_requests.c.run_id,
    *(sync_failed_requests.c[name] for name in FailedRequest.model_fields),
]
_note_failed = BulkInsert(
    sync_failed_requests,
    _failed_columns,
    # One whose transaction was taken for failed, and was not, is there already.
    key=[sync_failed_requests.c.run_id, sync_failed_requests.c.number],
)
_TROUBLE_COLUMNS = tuple(name for name in Trouble.model_fields if name in sync_runs.c)


async def insert_run(connection: AsyncConnection, run: Run) -> None:
    """A new run. Raises ConstraintViolated when another one holds the account."""
    await connection.execute(insert(sync_runs).values(**_columns_of(run)))


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
    return [_run(row) for row in result]


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


_name = each_text(bindparam("accounts", type_=Text)).table_valued(column("value"))
_last_id = (
    select(sync_runs.c.id)
    .where(sync_runs.c.account == _name.c.value, sync_runs.c.status == RunStatus.COMPLETED.value, ~_is_dry)
    .order_by(sync_runs.c.created_at.desc(), sync_runs.c.id.desc())
    .limit(1)
    .correlate(_name)
    .scalar_subquery()
)
_last_completed = select(sync_runs).where(sync_runs.c.id.in_(select(_last_id).select_from(_name)))


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
        query = query.where(~_is_dry)
    if before is not None:
        query = query.where(tuple_(sync_runs.c.created_at, sync_runs.c.id) < tuple_(*_bound(before)))
    return [_run(row) for row in await connection.execute(query)]


async def last_completed(connection: AsyncConnection, accounts: Collection[str]) -> dict[str, Run]:
    """The newest completed run of each of the accounts that has one; dry runs are none."""
    if not accounts:
        return {}
    names = orjson.dumps(sorted(accounts)).decode()
    return {row.account: _run(row) for row in await connection.execute(_last_completed, {"accounts": names})}


async def was_copied(connection: AsyncConnection, account: str, *, every_status: bool) -> bool:
    """Whether a run has read the account's whole list before: of every status, or at least the active offers."""
    good = (RunStatus.COMPLETED.value, RunStatus.PARTIAL.value)
    parameters = cast(sync_runs.c.parameters, Text)
    query = (
        select(sync_runs.c.id)
        .where(sync_runs.c.account == account, sync_runs.c.status.in_(good), ~_is_dry)
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
    return [_run(row) for row in await connection.execute(query)]


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


async def record_page(connection: AsyncConnection, run_id: str, page: PageRead) -> None:
    """Write the page into the ledger; a page that is there already is replaced."""
    values = {**page._asdict(), "run_id": run_id, "ids": orjson.dumps(page.ids).decode()}
    await _record_page.run_with_next(connection, [tuple(values[column.key] for column in sync_pages.c)])


async def delete_parts(connection: AsyncConnection, run_id: str, page: PageRead, sizes: Collection[int]) -> None:
    """Delete the entries of the parts, of these sizes, of a page that is complete now."""
    for size in sizes:
        times = page.size // size
        await connection.execute(
            delete(sync_pages).where(
                sync_pages.c.run_id == run_id,
                sync_pages.c.pass_number == page.pass_number,
                sync_pages.c.scope == part_scope(page.scope, size),
                sync_pages.c.page.between((page.page - 1) * times + 1, page.page * times),
            )
        )


async def note_failed_requests(connection: AsyncConnection, run_id: str, failed: Sequence[FailedRequest]) -> None:
    """Keep requests of the run that failed."""
    rows = [(run_id, *(getattr(one, name) for name in FailedRequest.model_fields)) for one in failed]
    await _note_failed.run_with_next(connection, rows)


async def read_failed_requests(database: Database, run_id: str) -> list[FailedRequest]:
    """The requests of the run that failed, in order; the first of them, where they were very many."""
    query = select(sync_failed_requests).where(sync_failed_requests.c.run_id == run_id)
    async with database.snapshot() as connection:
        rows = await connection.execute(query.order_by(sync_failed_requests.c.number))
        return [FailedRequest.model_validate(row) for row in rows]


async def pace_of(connection: AsyncConnection, account: str) -> Pace | None:
    """What was learnt about the account's pages, if they cannot be as large as is asked for."""
    row = (await connection.execute(select(account_paces).where(account_paces.c.account == account))).first()
    return None if row is None else Pace(row.page_size, row.seconds_per_offer, row.failed_trials)


async def remember_pace(connection: AsyncConnection, account: str, pace: Pace | None, now: datetime) -> None:
    """Keep what was learnt about the account's pages; None: they can be as large as is asked for."""
    await connection.execute(delete(account_paces).where(account_paces.c.account == account))
    if pace is not None:
        await connection.execute(insert(account_paces).values(account=account, learnt_at=now, **pace._asdict()))


async def ledger(connection: AsyncConnection, run_id: str) -> list[PageRead]:
    """The run's pages in the order of pass, scope and page."""
    return [_page(row) for row in await connection.execute(_ledger_of(run_id))]


async def ledger_pages(connection: AsyncConnection, run_id: str) -> AsyncIterator[PageRead]:
    """The same, some at a time: for a snapshot."""
    start = 0
    while rows := (await connection.execute(_ledger_of(run_id).offset(start).limit(_PAGES_AT_ONCE))).all():
        for row in rows:
            yield _page(row)
        start += len(rows)


async def inherit_ledger(connection: AsyncConnection, *, old: str, new: str) -> None:
    """Give the run `new` the pages of the run `old` that it resumes.

    Also those that failed: they are read again, and what was readable of them must not be counted twice.
    """
    columns = [column.key for column in sync_pages.c]
    given: dict[str, Any] = {"run_id": literal(new), "inherited": literal(True)}
    source = select(*(given.get(name, sync_pages.c[name]) for name in columns)).where(sync_pages.c.run_id == old)
    await connection.execute(insert(sync_pages).from_select(columns, source))


async def write_ledger(connection: AsyncConnection, run_id: str, pages: Sequence[PageRead]) -> None:
    """Give a run that has not begun pages to start from."""
    for page in pages:
        await record_page(connection, run_id, page._replace(inherited=True))


async def unannounced(connection: AsyncConnection, limit: int = 50) -> list[Run]:
    """Ended runs whose end has not been handed on, in the order in which they ended."""
    query = (
        select(sync_runs)
        .where(~sync_runs.c.announced, sync_runs.c.finished_at.is_not(None))
        .order_by(sync_runs.c.finished_at)
        .limit(limit)
    )
    return [_run(row) for row in await connection.execute(query)]


async def mark_announced(connection: AsyncConnection, run_id: str) -> bool:
    """Note that the run's end is being handed on; False when another process was faster."""
    query = update(sync_runs).where(sync_runs.c.id == run_id, ~sync_runs.c.announced).values(announced=True)
    return (await connection.execute(query)).rowcount == 1


async def prune(connection: AsyncConnection, *, before: datetime, limit: int = 200) -> int:
    """Delete runs that ended before then, with their ledgers; never an account's newest or last completed one.

    What they count for in the metrics stays.
    """
    newest = select(func.max(sync_runs.c.created_at)).group_by(sync_runs.c.account)
    completed = newest.where(sync_runs.c.status == RunStatus.COMPLETED, ~_is_dry)
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


async def read_ledger(database: Database, run_id: str) -> list[PageRead]:
    """As `ledger`, in a snapshot of its own. Raises RunNotFound."""
    async with database.snapshot() as connection:
        await get_run(connection, run_id)
        return await ledger(connection, run_id)


def errors_text(errors: Sequence[RunError], keep: int = KEPT_ERRORS) -> str:
    """At most `keep` errors as JSON; the run counts the rest."""
    return orjson.dumps([error.model_dump(mode="json") for error in errors[:keep]]).decode()


def codes_text(codes: Mapping[str, int]) -> str:
    """How many errors there were of each code, as JSON."""
    return orjson.dumps(dict(codes)).decode()


def _ledger_of(run_id: str) -> Select[Any]:
    return (
        select(*(sync_pages.c[name] for name in PageRead._fields))
        .where(sync_pages.c.run_id == run_id)
        .order_by(sync_pages.c.pass_number, sync_pages.c.scope, sync_pages.c.page)
    )


def _page(row: Row[Any]) -> PageRead:
    return PageRead(**{**row._mapping, "ids": tuple(orjson.loads(row.ids))})


async def _one(connection: AsyncConnection, query: Select[Any]) -> Run | None:
    row = (await connection.execute(query)).first()
    return None if row is None else _run(row)


def _bound(before: tuple[datetime, str]) -> tuple[Any, Any]:
    return literal(before[0], sync_runs.c.created_at.type), literal(before[1])


def _run(row: Row[Any]) -> Run:
    values = dict(row._mapping)
    values["parameters"] = RunParameters.model_validate_json(row.parameters)
    values["errors"] = tuple(RunError.model_validate(error) for error in orjson.loads(row.errors))
    for name in ("inherited", "error_codes"):
        values[name] = None if values[name] is None else orjson.loads(values[name])
    values["trouble"] = Trouble(**{name: values.pop(name) for name in _TROUBLE_COLUMNS})
    return Run.model_validate(values)


def _columns_of(run: Run) -> dict[str, Any]:
    values = run.model_dump(exclude={"trouble"}) | run.trouble.model_dump(include=set(_TROUBLE_COLUMNS))
    values["parameters"] = run.parameters.model_dump_json()
    values["errors"] = errors_text(run.errors)
    values["inherited"] = None if run.inherited is None else orjson.dumps(run.inherited).decode()
    values["error_codes"] = None if run.error_codes is None else codes_text(run.error_codes)
    return values
