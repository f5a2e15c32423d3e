"""Transactions are whole or nothing, readers do not wait, and driver errors stay in this room."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from emagsync.core.errors import SettingsError
from emagsync.db import sqlite_driver
from emagsync.db.engine import Database, async_url
from emagsync.db.errors import ConstraintViolated, DatabaseUnavailable
from support.databases import address_of

pytestmark = pytest.mark.databases("both")

INSERT = text("INSERT INTO offers_seen (id) VALUES (:id)")


@pytest.fixture
async def table(database: Database) -> Database:
    async with database.transaction() as connection:
        await connection.execute(text("CREATE TABLE offers_seen (id INTEGER PRIMARY KEY)"))
    return database


async def ids(database: Database) -> list[int]:
    async with database.snapshot() as connection:
        return list((await connection.execute(text("SELECT id FROM offers_seen ORDER BY id"))).scalars())


class OnPurposeError(Exception):
    pass


async def test_a_transaction_that_fails_leaves_nothing(table: Database) -> None:
    async def fail() -> None:
        async with table.transaction() as connection:
            await connection.execute(INSERT, {"id": 1})
            raise OnPurposeError

    with pytest.raises(OnPurposeError):
        await fail()
    assert await ids(table) == []


async def test_a_transaction_that_is_cancelled_leaves_nothing_and_does_not_hold_up_the_next(table: Database) -> None:
    inside = asyncio.Event()

    async def work() -> None:
        async with table.transaction() as connection:
            await connection.execute(INSERT, {"id": 1})
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.ensure_future(work())
    await inside.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with table.transaction() as connection:
        await connection.execute(INSERT, {"id": 2})
    assert await ids(table) == [2]


async def test_a_reader_sees_one_moment_and_does_not_wait_for_a_writer(table: Database) -> None:
    async with table.transaction() as connection:
        await connection.execute(INSERT, {"id": 1})
    async with table.transaction() as writer:
        await writer.execute(INSERT, {"id": 2})
        assert await ids(table) == [1]
    async with table.snapshot() as reader:
        before = (await reader.execute(text("SELECT count(*) FROM offers_seen"))).scalar()
        async with table.transaction() as writer:
            await writer.execute(INSERT, {"id": 3})
        after = (await reader.execute(text("SELECT count(*) FROM offers_seen"))).scalar()
    assert (before, after) == (2, 2)
    assert await ids(table) == [1, 2, 3]


async def test_a_question_is_asked_outside_of_any_transaction(table: Database) -> None:
    """Two of them on one connection show it: each is answered with what is there by then."""
    counting = text("SELECT count(*) FROM offers_seen")
    async with table.autocommit() as connection:
        before = await connection.scalar(counting)
        async with table.transaction() as writing:
            await writing.execute(INSERT, {"id": 77})
        assert await connection.scalar(counting) == before + 1
    async with table.transaction() as writing:
        await writing.execute(INSERT, {"id": 78})
    async with table.snapshot() as connection:
        assert await connection.scalar(counting) == before + 2


async def test_writers_of_one_process_and_of_two_take_turns(table: Database) -> None:
    async with Database(address_of(table)) as other:

        async def write(database: Database, number: int) -> None:
            async with database.transaction() as connection:
                await connection.execute(INSERT, {"id": number})

        await asyncio.gather(*(write((table, other)[number % 2], number) for number in range(1, 41)))
    assert await ids(table) == list(range(1, 41))


async def test_a_known_key_is_a_constraint_that_was_violated(table: Database) -> None:
    with pytest.raises(ConstraintViolated, match="offers_seen"):
        async with table.transaction() as connection:
            await connection.execute(INSERT, [{"id": 1}, {"id": 1}])


@pytest.mark.databases("sqlite")
async def test_what_is_written_back_is_in_the_file_itself(table: Database, tmp_path: Path) -> None:
    async with table.transaction() as connection:
        await connection.execute(INSERT, {"id": 1})
    async with table.transaction() as writing:
        await writing.execute(INSERT, {"id": 2})
        await table.write_back()  # waits for no writer
    assert table.sqlite_path is not None
    alone = tmp_path / "alone.sqlite3"
    alone.write_bytes(table.sqlite_path.read_bytes())  # without its log
    with closing(sqlite3.connect(alone)) as connection:
        assert connection.execute("SELECT id FROM offers_seen").fetchall() == [(1,)]
    assert await ids(table) == [1, 2]


@pytest.mark.databases("sqlite")
async def test_a_folder_that_is_not_there_is_told_with_what_to_check() -> None:
    async with Database("sqlite:////dev/null/x/db.sqlite3") as database:
        with pytest.raises(DatabaseUnavailable, match="EMAGSYNC_DATA_DIR"):
            async with database.snapshot():
                pass


@pytest.mark.databases("sqlite")
async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite3"
    path.write_bytes(b"no database at all, but long enough to be read as a header " * 50)
    async with Database(f"sqlite:///{path}") as database:
        with pytest.raises(DatabaseUnavailable, match="not a database"):
            async with database.transaction():
                pass


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "EMAGSYNC_DATABASE_URL"),
        ("nonsense", "EMAGSYNC_DATABASE_URL"),
        ("mysql://host/name", "mysql"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
    ],
)
def test_an_address_that_is_none_of_ours_is_a_problem_of_the_settings(url: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        async_url(url)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:////var/lib/emagsync/db.sqlite3", "sqlite+aiosqlite"),
        ("postgresql://user@host/name", "postgresql+asyncpg"),
        ("postgres://user@host/name", "postgresql+asyncpg"),
        ("postgresql+psycopg://user@host/name", "postgresql+asyncpg"),
    ],
)
def test_an_address_gets_the_driver_that_we_use(url: str, driver: str) -> None:
    assert async_url(url).drivername == driver


@pytest.mark.databases("sqlite")
def test_no_password_is_in_the_description_of_a_database(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    assert "x.db" in repr(database)
    assert "secret" not in async_url("postgresql://user:secret@host/name").render_as_string(hide_password=True)


@pytest.mark.databases("sqlite", "its connections are threads")
async def test_a_connection_whose_asker_is_cancelled_is_closed_with_its_thread(tmp_path: Path) -> None:
    before = threading.active_count()
    database = Database(f"sqlite:///{tmp_path / 'copy.sqlite3'}")

    async def ask() -> None:
        async with database.snapshot() as connection:
            await connection.execute(text("SELECT 1"))

    for turns in range(12):
        asking = asyncio.ensure_future(ask())
        for _ in range(turns):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    await database.close()
    async with asyncio.timeout(5):
        while threading.active_count() > before:
            await asyncio.sleep(0.01)


@pytest.mark.databases("sqlite", "its file")
async def test_a_new_file_can_be_opened_by_several_at_once(tmp_path: Path) -> None:
    def open_at_once(path: Path, together: threading.Barrier) -> str:
        together.wait()
        with closing(sqlite_driver.connect(str(path))) as connection:
            return str(connection.execute("PRAGMA journal_mode").fetchone()[0])

    for number in range(100):
        path, together = tmp_path / f"{number}.sqlite3", threading.Barrier(4)
        modes = await asyncio.gather(*(asyncio.to_thread(open_at_once, path, together) for _ in range(4)))
        assert modes == ["wal"] * 4
