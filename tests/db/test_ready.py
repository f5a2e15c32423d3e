"""Statements that are ready: the rows that SQLAlchemy gives, and on SQLite without a trip for short ones."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Integer, bindparam, event, func, select, text, true
from sqlalchemy.ext.asyncio import AsyncConnection

from db.shelf import ALL, database_with, put, stock
from emagsync.db import sqlite_driver
from emagsync.db.bulk import BulkInsert
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseUnavailable
from emagsync.db.prepared import driver_of
from emagsync.db.ready import ReadySelect, ask

pytestmark = pytest.mark.databases("both")


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Database]:
    async with database_with(tmp_path, stock) as database:
        yield database


@pytest.mark.parametrize("time", ["first", "second"])
async def test_a_statement_that_is_ready_gives_named_rows_with_their_types(shelf: Database, time: str) -> None:
    await put(shelf, BulkInsert(stock, ALL), (1, "lamp", Decimal("1.5000")), (2, "chair", None), (3, "lamp", None))
    of_name = ReadySelect(
        select(stock.c.id, stock.c.price)
        .where(stock.c.name == bindparam("wanted"), stock.c.id > 0)
        .order_by(stock.c.id)
        .limit(bindparam("most", type_=Integer))
    )
    async with shelf.snapshot() as connection:
        if time == "second":
            await of_name.run(connection, wanted="lamp", most=0)
        rows = await of_name.run(connection, wanted="lamp", most=5)
        assert [(row.id, row.price) for row in rows] == [(1, Decimal("1.5000")), (3, None)]
        assert (await of_name.first(connection, wanted="lamp", most=1)).id == 1
        assert await of_name.first(connection, wanted="table", most=1) is None
        assert await of_name.run(connection, wanted="table", most=1) == []


async def test_a_statement_that_is_ready_may_have_a_list_of_values(shelf: Database) -> None:
    await put(shelf, BulkInsert(stock, ALL), *((n, "lamp", Decimal(n)) for n in range(1, 6)))
    some = ReadySelect(select(stock.c.id).where(stock.c.id.in_([2, 4, 9]), stock.c.price > bindparam("least")))
    async with shelf.snapshot() as connection:
        for _ in range(2):
            assert [row.id for row in await some.run(connection, least=Decimal(2))] == [4]


async def test_a_statement_that_is_ready_reads_within_the_transaction_and_is_heard_of(shelf: Database) -> None:
    named = ReadySelect(select(stock.c.name).where(stock.c.id == bindparam("wanted")))
    heard: list[Any] = []

    def hear(_connection: Any, _cursor: Any, _statement: str, parameters: Any, *_: Any) -> None:
        heard.append(tuple(parameters))

    async with shelf.transaction() as connection:
        await BulkInsert(stock, ALL).run_with_next(connection, [(1, "lamp", None)])
        event.listen(shelf.engine.sync_engine, "before_cursor_execute", hear)
        for _ in range(2):
            assert (await named.first(connection, wanted=1)).name == "lamp"
        event.remove(shelf.engine.sync_engine, "before_cursor_execute", hear)
    assert heard == [(1,), (1,)]


async def test_a_statement_that_is_ready_tells_of_a_table_that_is_missing(shelf: Database) -> None:
    async with shelf.transaction() as connection:
        await connection.execute(text("DROP TABLE stock"))
    statement = ReadySelect(select(stock.c.id))
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable):
            async with shelf.snapshot() as connection:
                await statement.run(connection)


on_sqlite = pytest.mark.databases("sqlite", "only its driver has a thread")
_long = select(func.count().label("number")).select_from(
    stock.join(stock.alias("second"), true()).join(stock.alias("third"), true())
)


def short(statement: Any = None) -> ReadySelect:
    """A statement that is asked for the second time: before that, SQLAlchemy executes it."""
    return ReadySelect(select(stock.c.id).order_by(stock.c.id) if statement is None else statement, is_short=True)


async def made_ready(database: Database, *statements: ReadySelect) -> None:
    async with database.snapshot() as connection:
        for statement in statements:
            await statement.run(connection)


class Trips:
    """The threads that answered, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.here: list[bool] = []
        plain = sqlite_driver._fetch_each

        def noted(*given: Any) -> Any:
            self.here.append(threading.current_thread() is threading.main_thread())
            return plain(*given)

        monkeypatch.setattr(sqlite_driver, "_fetch_each", noted)
        sqlite_driver._stopped.clear()


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> Trips:
    return Trips(monkeypatch)


async def store_some(database: Database, number: int = 3) -> list[tuple[int]]:
    await put(database, BulkInsert(stock, ALL), *((one, "lamp", None) for one in range(1, number + 1)))
    return [(one,) for one in range(1, number + 1)]


@on_sqlite
@pytest.mark.parametrize("kind", ["snapshot", "autocommit"])
async def test_a_short_statement_is_answered_without_a_trip(shelf: Database, trips: Trips, kind: str) -> None:
    stored, ids = await store_some(shelf), short()
    await made_ready(shelf, ids)
    async with getattr(shelf, kind)() as connection:
        assert await ids.run(connection) == stored
        assert await ids.run(connection) == stored
    assert trips.here == [True, True]
    # And leaves no transaction behind that would keep others from being written back to the file.
    async with shelf.autocommit() as connection:
        assert not (await driver_of(connection)).in_transaction


@pytest.mark.parametrize("is_short", [False, True])
async def test_what_is_ready_is_read_of_the_snapshot(shelf: Database, is_short: bool) -> None:
    stored, ids = await store_some(shelf), ReadySelect(select(stock.c.id).order_by(stock.c.id), is_short=is_short)
    await made_ready(shelf, ids)
    async with shelf.snapshot() as connection:
        assert await ids.run(connection) == stored
        await put(shelf, BulkInsert(stock, ALL), (9, "chair", None))
        assert await ids.run(connection) == stored
        # By SQLAlchemy, in the connection's thread.
        assert len((await connection.execute(select(stock.c.id))).all()) == len(stored)
    async with shelf.snapshot() as connection:
        assert await ids.run(connection) == [*stored, (9,)]


@on_sqlite
async def test_one_that_turns_out_long_is_left_to_the_thread_for_a_while(shelf: Database, trips: Trips) -> None:
    await store_some(shelf, 60)
    counted = short(_long)
    await made_ready(shelf, counted)
    for _ in range(2):
        async with shelf.snapshot() as connection:
            assert await counted.run(connection) == [(60**3,)]
    # Stopped, then the whole of it; the second time at once in the thread.
    assert trips.here == [True, False, False]


@on_sqlite
async def test_as_often_as_it_is_asked_a_short_statement_is_never_taken_for_a_long_one(
    shelf: Database, trips: Trips
) -> None:
    """SQLite counts a statement's steps over all of its executions."""
    stored, ids = await store_some(shelf, 200), short()
    await made_ready(shelf, ids)
    async with shelf.snapshot() as connection:
        for _ in range(200):
            assert await ids.run(connection) == stored
    assert set(trips.here) == {True}


@on_sqlite
async def test_a_long_one_takes_the_short_ones_that_are_asked_with_it_along(shelf: Database, trips: Trips) -> None:
    stored = await store_some(shelf, 60)
    ids, counted = short(), short(_long)
    await made_ready(shelf, ids, counted)
    async with shelf.snapshot() as connection:
        assert await ask(connection, (ids, {}), (counted, {})) == [stored, [(60**3,)]]
    assert trips.here == [True, False]


@on_sqlite
async def test_a_transaction_that_writes_reads_in_its_thread_what_it_has_written(shelf: Database, trips: Trips) -> None:
    stored, ids = await store_some(shelf), short()
    await made_ready(shelf, ids)
    async with shelf.transaction() as connection:
        await BulkInsert(stock, ALL).run_with_next(connection, [(9, "chair", None)])
        assert await ids.run(connection) == [*stored, (9,)]
        assert await ids.run(connection) == [*stored, (9,)]
    assert trips.here == [False, False]


@on_sqlite
async def test_a_trip_that_is_under_way_is_waited_for(shelf: Database, trips: Trips) -> None:
    """Its caller was cancelled; the thread goes on with it, and the connection has one user at a time."""
    await store_some(shelf, 60)
    ids = short()
    await made_ready(shelf, ids)
    async with shelf.snapshot() as connection:
        began = await _begin_to_hold(connection)
        assert len(await ids.run(connection)) == 60
        began.cancel()
        await asyncio.wait([began])
    assert trips.here == [False]


async def _begin_to_hold(connection: AsyncConnection) -> asyncio.Future[Any]:
    """A trip that the thread has not finished."""
    driver = await driver_of(connection)
    may_end = threading.Event()
    asyncio.get_running_loop().call_later(0.05, may_end.set)
    held = asyncio.ensure_future(driver._execute(may_end.wait))
    while driver._started == driver._finished:
        await asyncio.sleep(0)
    return held


@on_sqlite
async def test_a_short_statement_tells_of_a_table_that_is_missing(shelf: Database) -> None:
    ids = short()
    await made_ready(shelf, ids)
    async with shelf.transaction() as connection:
        await connection.execute(text("DROP TABLE stock"))
    with pytest.raises(DatabaseUnavailable):
        async with shelf.snapshot() as connection:
            await ids.run(connection)
