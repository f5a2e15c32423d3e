"""The connection that readers of SQLite take over from one another: nothing of one reader is left for the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, select, text

from db.shelf import database_with
from emagsync.db.bulk import BulkInsert
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseUnavailable
from emagsync.db.prepared import driver_of
from emagsync.db.ready import ReadySelect
from support.databases import address_in
from support.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.databases("sqlite", "PostgreSQL's are in a pool")

numbers = Table("numbers", MetaData(), Column("id", Integer, primary_key=True))
_add = BulkInsert(numbers, list(numbers.c))
_ready = ReadySelect(select(numbers.c.id).order_by(numbers.c.id), is_short=True)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with database_with(tmp_path, numbers) as database:
        async with database.snapshot() as connection:
            await _ready.run(connection)
        yield database


async def add(database: Database, number: int) -> None:
    async with database.transaction() as connection:
        await _add.run(connection, [(number,)])


async def _by_sqlalchemy(connection: Any) -> list[int]:
    return list((await connection.execute(select(numbers.c.id).order_by(numbers.c.id))).scalars())


async def _by_ready(connection: Any) -> list[int]:
    return [row.id for row in await _ready.run(connection)]


async def _by_both(connection: Any) -> list[int]:
    found = await _by_ready(connection)
    assert await _by_sqlalchemy(connection) == found
    return found


async def _by_both_turned(connection: Any) -> list[int]:
    found = await _by_sqlalchemy(connection)
    assert await _by_ready(connection) == found
    return found


@pytest.mark.parametrize("read", [_by_sqlalchemy, _by_ready, _by_both, _by_both_turned])
@pytest.mark.parametrize("kind", ["snapshot", "autocommit"])
async def test_the_next_reader_has_the_connection_and_a_moment_of_its_own(
    database: Database, kind: str, read: Any
) -> None:
    used = set()
    for number in range(1, 4):
        await add(database, number)
        async with getattr(database, kind)() as connection:
            assert await read(connection) == list(range(1, number + 1))
            used.add(await driver_of(connection))
    assert len(used) == 1


async def test_readers_at_the_same_time_have_connections_and_moments_of_their_own(database: Database) -> None:
    await add(database, 1)
    async with database.snapshot() as first:
        assert await _by_ready(first) == [1]
        await add(database, 2)
        async with database.snapshot() as second:
            assert await _by_ready(second) == [1, 2]
            assert await driver_of(first) is not await driver_of(second)
        assert await _by_ready(first) == [1]


async def _read_and(fails: BaseException, database: Database) -> None:
    async with database.snapshot() as connection:
        await _by_ready(connection)
        raise fails


@pytest.mark.parametrize("fails", [ValueError("of the reader"), asyncio.CancelledError()])
async def test_a_reader_that_fails_leaves_no_moment_of_its_own(database: Database, fails: BaseException) -> None:
    with pytest.raises(type(fails)):
        await _read_and(fails, database)
    await add(database, 7)
    async with database.snapshot() as connection:
        assert await _by_ready(connection) == [7]


async def test_a_statement_that_fails_does_not_fail_the_next_reader(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable):
        async with database.snapshot() as connection:
            await connection.execute(text("SELECT * FROM nothing"))
    async with database.snapshot() as connection:
        assert await _by_ready(connection) == []


async def test_none_is_left_open_when_the_database_is_closed(tmp_path: Path) -> None:
    async with Database(address_in(tmp_path)) as database, database.snapshot() as connection:
        await connection.execute(text("SELECT 1"))
        driver = await driver_of(connection)
    await asyncio.to_thread(driver._thread.join, PATIENCE_SECONDS)
    assert not driver._thread.is_alive()
