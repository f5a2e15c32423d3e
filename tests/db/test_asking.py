"""`Database.ask`: rows as SQLAlchemy gives them, all of one moment; on PostgreSQL in one trip, by connections that are
kept without keeping anybody waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    event,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from db.shelf import database_with
from emagsync.db import direct_reader
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseUnavailable
from emagsync.db.ready import Question, ReadySelect, Within
from emagsync.db.types import BigId, JsonText, Money, UtcDateTime
from support.databases import address_of
from support.patience import PATIENCE_SECONDS
from support.servers import PostgresServer

pytestmark = pytest.mark.databases("both")
on_postgresql = pytest.mark.databases("postgresql", "its driver has no thread, and its connections are in a pool")

AT = datetime(2026, 3, 29, 1, 30, 0, 123456, UTC)
things = Table(
    "things",
    MetaData(),
    Column("id", BigId, primary_key=True),
    Column("name", String(200)),
    Column("price", Money),
    Column("at", UtcDateTime),
    Column("document", JsonText),
    Column("good", Boolean),
    Column("share", Float),
    Column("place", Integer, nullable=False),
)
ROWS: list[dict[str, Any]] = [
    {"id": 1, "name": "Lampă $1 'ă'", "price": Decimal("121.8400"), "at": AT, "document": '{"b": 1.50, "a": "\\u0000"}'}
    | {"good": True, "share": 0.1, "place": 1},
    {"id": 2, "name": "", "price": Decimal("-0.0001"), "at": None, "document": "[]"}
    | {"good": False, "share": -1e300, "place": 1},
    {"id": 2**53, "name": None, "price": None, "at": AT.replace(year=1), "document": None}
    | {"good": None, "share": None, "place": 2},
]
OF_PLACE = ReadySelect(
    select(*things.c).where(things.c.place == bindparam("of_place")).order_by(things.c.id.desc()), is_short=True
)
# With parameters of its own, a text that looks like one, and a sum, which PostgreSQL makes a decimal of.
SUMMED = ReadySelect(
    select(
        literal_column("'costs $1'", String).label("said"),
        func.sum(things.c.price).label("price"),
        func.count().label("number"),
    )
    .add_columns(func.sum(things.c.id).label("ids"), (things.c.place + bindparam("more", type_=Integer)).label("more"))
    .where(things.c.id >= bindparam("least"), things.c.id >= bindparam("least"), things.c.name != "$2")
    .group_by(things.c.place),
    is_short=True,
)
QUESTIONS: list[Question] = [
    (OF_PLACE, {"of_place": 1}),
    (SUMMED, {"least": 1, "more": 7}),
    (OF_PLACE, {"of_place": 9}),
    (OF_PLACE, {"of_place": 2}),
]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with database_with(tmp_path, things) as database:
        await store(database)
        yield database


async def store(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(insert(things), ROWS)


async def by_sqlalchemy(database: Database, questions: list[Question]) -> list[list[Any]]:
    async with database.snapshot() as connection:
        return [
            [tuple(row) for row in await statement.run_slowly(connection, parameters)]
            for statement, parameters in questions
        ]


@pytest.mark.parametrize("questions", [QUESTIONS, QUESTIONS[:1], QUESTIONS[1:2], QUESTIONS[2:3]])
async def test_the_rows_are_those_of_sqlalchemy_in_value_and_type(
    database: Database, questions: list[Question]
) -> None:
    wanted = await by_sqlalchemy(database, questions)
    for _ in range(3):
        found = await database.ask(*questions)
        assert [[tuple(row) for row in rows] for rows in found] == wanted
        assert repr([[tuple(row) for row in rows] for rows in found]) == repr(wanted)
    async with database.snapshot() as connection:
        assert [[tuple(row) for row in rows] for rows in await Within(connection).ask(*questions)] == wanted
    [rows] = await database.ask((OF_PLACE, {"of_place": 1}))
    assert [(row.id, row.document) for row in rows] == [(2, "[]"), (1, ROWS[0]["document"])]


async def test_who_listens_to_sqlalchemy_hears_of_each_statement(database: Database) -> None:
    await database.ask(*QUESTIONS)
    heard: list[Any] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        heard.append((statement, parameters))

    event.listen(database.engine.sync_engine, "before_cursor_execute", hear)
    await database.ask(*QUESTIONS)
    event.remove(database.engine.sync_engine, "before_cursor_execute", hear)
    assert len(heard) == len(QUESTIONS)
    assert [parameters for statement, parameters in heard if "'costs $1'" not in statement] == [(1,), (9,), (2,)]


async def test_all_are_answered_of_one_moment(database: Database) -> None:
    """A thing moves from one place to the other and back, and is never met in both, or in none."""
    places: list[Question] = [(OF_PLACE, {"of_place": 1}), (OF_PLACE, {"of_place": 2})]
    await database.ask(*places)
    is_over = asyncio.Event()

    async def move() -> None:
        place = 1
        while not is_over.is_set():
            place = 3 - place
            async with database.transaction() as connection:
                await connection.execute(update(things).where(things.c.id == 1).values(place=place))

    async def look() -> None:
        met, times = set(), 0
        while met != {0, 1} or times < 60:
            found = [[row.place for row in rows if row.id == 1] for rows in await database.ask(*places)]
            assert found in ([[1], []], [[], [2]])
            met.add(len(found[0]))
            times += 1
            await asyncio.sleep(0)  # SQLite answers at once

    moving = asyncio.ensure_future(move())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*(look() for _ in range(3)))
    finally:
        is_over.set()
        await moving


async def test_a_table_that_is_missing_is_said_and_the_next_one_answered(database: Database) -> None:
    nothing = ReadySelect(select(literal_column("x")).select_from(text("nothing")))
    for _ in range(3):
        with pytest.raises(DatabaseUnavailable, match="nothing"):
            await database.ask((nothing, {}))
        assert await ids(database) == [2, 1]


async def ids(database: Database) -> list[int]:
    [rows] = await database.ask((OF_PLACE, {"of_place": 1}))
    return [row.id for row in rows]


# PostgreSQL's connections.

SLEEPS = ReadySelect(
    select(literal_column("1").label("one"), func.pg_sleep(bindparam("seconds", type_=Integer)).label("slept"))
)
WHO = ReadySelect(select(func.pg_backend_pid().label("pid")))


@asynccontextmanager
async def another(database: Database, options: str) -> AsyncIterator[Database]:
    """The same database by another address, which has been asked all of these already."""
    async with Database(f"{address_of(database)}?{options}") as other:
        for question in (*QUESTIONS, (SLEEPS, {"seconds": 0}), (WHO, {})):
            await other.ask(question)
        yield other


async def backend(database: Database) -> int:
    [[row]] = await database.ask((WHO, {}))
    return int(row.pid)


@on_postgresql
async def test_an_answer_takes_one_trip_without_a_transaction(database: Database) -> None:
    await database.ask(*QUESTIONS)
    await database.ask(*QUESTIONS)
    asked: list[str] = []
    driver = await _kept_driver(database)
    driver.add_query_logger(lambda query: asked.append(query.query))
    await database.ask(*QUESTIONS)
    await database.ask(QUESTIONS[0])
    await asyncio.sleep(0)  # it is told a little later
    assert len(asked) == 2
    assert [query.count("ARRAY(") for query in asked] == [len(QUESTIONS), 0]
    assert not driver.is_in_transaction()


async def _kept_driver(database: Database) -> Any:
    assert database._direct is not None
    return database._direct._free[-1].driver


@on_postgresql
async def test_who_does_not_wait_any_more_ends_the_statement_and_no_other(database: Database) -> None:
    async with another(database, "pool_size=4") as asked:
        pid = await backend(asked)
        sleeping = asyncio.ensure_future(asked.ask((SLEEPS, {"seconds": 600})))
        await _until(database, sleeps=True)
        assert await ids(asked) == [2, 1], "by another connection"
        sleeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeping
        await _until(database, sleeps=False)
        assert await ids(asked) == [2, 1]
        assert await backend(asked) != pid, "nothing is left of what was under way"


async def _until(database: Database, *, sleeps: bool) -> None:
    query = text("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT 1 AS one%' AND state = 'active'")
    async with asyncio.timeout(PATIENCE_SECONDS), database.autocommit() as connection:
        while bool(await connection.scalar(query)) is not sleeps:
            pass


@on_postgresql
async def test_a_statement_that_takes_too_long_is_ended_and_its_connection_goes_on(database: Database) -> None:
    async with another(database, "statement_timeout=1") as asked:
        pid = await backend(asked)
        with pytest.raises(DatabaseUnavailable, match="statement timeout"):
            await asked.ask((SLEEPS, {"seconds": 600}))
        assert await ids(asked) == [2, 1]
        assert await backend(asked) == pid


@on_postgresql
async def test_a_connection_that_was_ended_while_nobody_used_it_is_not_noticed(database: Database) -> None:
    async with another(database, "pool_size=4") as asked:
        pid = await backend(asked)
        await _end(database, pid)
        assert await ids(asked) == [2, 1]
        assert await backend(asked) != pid


async def _end(database: Database, pid: int) -> None:
    async with database.transaction() as connection:
        await connection.execute(select(func.pg_terminate_backend(pid, 10_000)))


@on_postgresql
async def test_a_connection_that_ends_under_way_fails_that_answer_alone(database: Database) -> None:
    async with another(database, "pool_size=4") as asked:
        pid = await backend(asked)
        sleeping = asyncio.ensure_future(asked.ask((SLEEPS, {"seconds": 600})))
        await _until(database, sleeps=True)
        await _end(database, pid)
        with pytest.raises(DatabaseUnavailable):
            await sleeping
        assert await ids(asked) == [2, 1]


@on_postgresql
async def test_a_server_that_comes_again_is_asked_again() -> None:
    with PostgresServer() as server:
        async with Database(server.url) as database:
            for _ in range(3):
                await backend(database)
            server.restart()
            assert await backend(database) > 0


@on_postgresql
async def test_a_table_that_changes_is_read_as_it_is_now(database: Database) -> None:
    joint = [*QUESTIONS[:1], *QUESTIONS[2:]]
    for _ in range(3):
        await database.ask(*joint)
        await database.ask(joint[0])
    async with database.transaction() as connection:
        await connection.execute(
            text("ALTER TABLE things ALTER COLUMN name TYPE TEXT, ALTER COLUMN id TYPE INTEGER USING least(id, 9)")
        )
    assert await ids(database) == [2, 1]
    assert [[row.id for row in rows] for rows in await database.ask(*joint)] == [[2, 1], [], [9]]


@on_postgresql
@pytest.mark.parametrize(("size", "kept"), [(1, 0), (2, 1), (4, 2), (6, 3)])
async def test_connections_that_are_kept_keep_nobody_waiting(database: Database, size: int, kept: int) -> None:
    async with another(database, f"pool_size={size}&pool_overflow=0") as asked:
        await asyncio.gather(*(ids(asked) for _ in range(size * 4)))
        assert asked._direct is not None
        assert len(asked._direct._free) == min(kept, asked._direct._pool.checkedout())
        async with AsyncExitStack() as stack, asyncio.timeout(PATIENCE_SECONDS):
            all_of_them: list[AsyncConnection] = [
                await stack.enter_async_context(asked.snapshot()) for _ in range(size)
            ]
            assert [await one.scalar(text("SELECT 1")) for one in all_of_them] == [1] * size
            # And who asks meanwhile waits for one of them, as everybody does.
            asking = asyncio.ensure_future(ids(asked))
            await all_of_them[0].scalar(text("SELECT 1"))
            assert not asking.done()
        assert await asking == [2, 1]


@on_postgresql
async def test_a_connection_is_not_kept_for_long(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    pool: Any = database.engine.sync_engine.pool
    for _ in range(3):
        await ids(database)
    assert pool.checkedout() == 1
    monkeypatch.setattr(direct_reader, "KEPT_SECONDS", 0.0)
    assert await ids(database) == [2, 1]
    assert pool.checkedout() == 0


@on_postgresql
async def test_none_is_kept_when_the_database_is_closed(database: Database) -> None:
    async with another(database, "pool_size=4") as asked:
        pid = await backend(asked)
    async with database.snapshot() as connection:
        query = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
        assert await connection.scalar(query, {"pid": pid}) == 0
