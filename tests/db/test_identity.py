"""The database is the one that was opened: what was deleted, replaced or damaged meanwhile is noticed."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, text

from emagsync.core.clock import SystemClock
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseDamaged, DatabaseReplaced
from emagsync.db.tables import process_marks
from emagsync.sync.repository import read_runs
from support.databases import new_database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A database that this process has opened and marked, with a backup beside it that was made before."""
    async with new_database(tmp_path) as database:
        path = database.sqlite_path
        if path is not None:
            with sqlite3.connect(path) as source, sqlite3.connect(backup_of(path)) as target:
                source.backup(target)
            source.close()
            target.close()
        await database.mark(SystemClock().now())
        yield database


def path_of(database: Database) -> Path:
    assert database.sqlite_path is not None
    return database.sqlite_path


def backup_of(path: Path) -> Path:
    return path.with_name("backup.sqlite3")


def deleted(path: Path) -> None:
    path.unlink()


def moved_away(path: Path) -> None:
    path.rename(path.with_name("moved.sqlite3"))


def replaced_by_a_backup(path: Path) -> None:
    backup_of(path).replace(path)


def replaced_by_an_empty_file(path: Path) -> None:
    path.unlink()
    path.touch()


def deleted_with_its_log(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


WAYS = [deleted, moved_away, replaced_by_a_backup, replaced_by_an_empty_file, deleted_with_its_log]


@pytest.mark.parametrize("way", WAYS)
async def test_a_file_that_is_not_the_one_that_was_opened_is_noticed_and_not_written(
    database: Database, way: Callable[[Path], None]
) -> None:
    way(path_of(database))
    with pytest.raises(DatabaseReplaced, match="start it again"):
        await database.verify()
    with pytest.raises(DatabaseReplaced):
        async with database.transaction() as connection:
            await connection.execute(insert(process_marks).values(name="x", started_at=SystemClock().now()))


async def test_a_log_that_was_deleted_is_noticed(database: Database) -> None:
    Path(f"{path_of(database)}-wal").unlink()
    with pytest.raises(DatabaseReplaced):
        await database.verify()


async def test_a_backup_that_was_copied_over_the_file_is_noticed(database: Database) -> None:
    """The file's number stays the same; what it holds does not."""
    path = path_of(database)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.stat().st_ino
    shutil.copyfile(backup_of(path), path)
    assert path.stat().st_ino == before
    with pytest.raises(DatabaseReplaced):
        await database.verify()


async def test_no_new_file_is_made_in_the_place_of_one_that_was_deleted(database: Database) -> None:
    path = path_of(database)
    deleted_with_its_log(path)
    await database.engine.dispose()  # so that the next statement opens a connection
    with pytest.raises(DatabaseReplaced):
        async with database.snapshot() as connection:
            await connection.execute(select(process_marks))
    assert not path.exists()


@pytest.mark.databases("both")
async def test_a_database_whose_content_is_another_one_is_noticed(database: Database) -> None:
    """As after a backup was restored on a server that was not stopped."""
    async with database.transaction() as connection:
        await connection.execute(delete(process_marks))
    with pytest.raises(DatabaseReplaced):
        await database.verify()


@pytest.mark.databases("both")
async def test_a_database_that_is_used_stays_the_one_that_was_opened(database: Database) -> None:
    for _ in range(3):
        await database.mark(SystemClock().now())
        await database.verify()
        await database.engine.dispose()
        await database.verify()
    if database.is_sqlite:
        async with database.engine.execution_options(emagsync_autocommit=True).connect() as connection:
            await connection.execute(text("VACUUM"))
        await database.verify()


async def test_a_process_that_has_opened_nothing_yet_has_nothing_to_compare(tmp_path: Path) -> None:
    async with Database(f"sqlite:///{tmp_path / 'new.sqlite3'}") as database:
        await database.verify()


async def test_the_file_may_have_another_name_too(tmp_path: Path) -> None:
    async with new_database(tmp_path) as first:
        path = path_of(first)
    link = tmp_path / "link.sqlite3"
    link.symlink_to(path)
    async with Database(f"sqlite:///{link}") as database:
        await database.mark(SystemClock().now())
        await database.verify()
        link.unlink()
        with pytest.raises(DatabaseReplaced):
            await database.verify()


def pages_of(path: Path, table: str) -> list[int]:
    """Where the first pages of the table and of its indexes begin: any of them may be what a query reads."""
    with closing(sqlite3.connect(path)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        found = connection.execute("SELECT rootpage FROM sqlite_master WHERE tbl_name = ?", (table,))
        return [(number - 1) * size for (number,) in found if number]


@pytest.mark.parametrize(
    "places", [lambda path: [0], lambda path: pages_of(path, "sync_runs")], ids=["head", "a table"]
)
async def test_a_damaged_file_says_that_the_backup_is_needed(
    tmp_path: Path, places: Callable[[Path], list[int]]
) -> None:
    async with new_database(tmp_path) as database:
        path = path_of(database)
    damaged = places(path)
    with path.open("r+b") as file:
        for place in damaged:
            file.seek(place)
            file.write(b"\x07" * 4000)
    async with Database(f"sqlite:///{path}") as database:
        with pytest.raises(DatabaseDamaged, match="restore the backup"):
            await read_runs(database)
        assert database.damage is not None
