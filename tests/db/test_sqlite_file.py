"""Looking into SQLite's file: what is read in one go does not decide what is found."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from emagsync.db.sqlite_file import OpenedFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with four tables, in this order, of some pages each."""
    with closing(sqlite3.connect(tmp_path / "file.sqlite3")) as connection:
        for table in ("a", "b's", "c", "d"):
            connection.execute(f'CREATE TABLE "{table}" (text)')
            connection.executemany(f'INSERT INTO "{table}" VALUES (?)', [("x" * 3000,)] * 8)
        connection.commit()
    return tmp_path / "file.sqlite3"


def looks(path: Path, for_seconds: float) -> list[tuple[int, bool]]:
    """How many tables each look saw, and whether it found damage, until all are seen or some is damaged."""
    file = OpenedFile(str(path))
    remaining, found = file.table_names(), []
    while remaining and not (found and found[-1][1]):
        look = file.look_at(remaining, for_seconds=for_seconds)
        found.append((look.tables, look.damage is not None))
        remaining = remaining[look.tables :]
    return found


def test_many_tables_are_seen_in_one_look_and_one_at_least(path: Path) -> None:
    assert looks(path, 60) == [(4, False)]
    assert looks(path, 0) == [(1, False)] * 4


def test_the_table_that_is_damaged_ends_the_look(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO c VALUES (NULL)")
        connection.execute("PRAGMA writable_schema = on")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, 'text)', 'text NOT NULL)') WHERE name = 'c'")
        connection.commit()
    assert looks(path, 60) == [(3, True)]
    assert looks(path, 0) == [(1, False), (1, False), (1, True)]


def test_a_table_that_is_gone_meanwhile_is_whole(path: Path) -> None:
    assert OpenedFile(str(path)).look_at(["a", "gone", "d"], for_seconds=60) == (3, None)
