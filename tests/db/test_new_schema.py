"""The kept statements that make a new SQLite file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from emagsync.db import new_schema
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseUnavailable
from emagsync.db.migrate import current_revision, upgrade
from emagsync.db.migrations import HEAD


def test_the_kept_statements_are_those_of_the_tables() -> None:
    assert new_schema.SQLITE_SCRIPT.read_text(encoding="utf-8") == new_schema.sqlite_script(), "`make schema`"


async def test_a_new_file_is_made_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new.sqlite3"
    kept = new_schema.SQLITE_SCRIPT
    broken = tmp_path / "broken.sql"
    broken.write_text(kept.read_text(encoding="utf-8") + "\nCREATE TABLE broken (;\n", encoding="utf-8")
    monkeypatch.setattr(new_schema, "SQLITE_SCRIPT", broken)
    with pytest.raises(Exception, match="incomplete input"):
        async with Database(f"sqlite:///{path}") as database:
            await upgrade(database)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    monkeypatch.setattr(new_schema, "SQLITE_SCRIPT", kept)
    async with Database(f"sqlite:///{path}") as database:
        await upgrade(database)
        assert await current_revision(database) == HEAD


async def test_a_sqlite_that_cannot_search_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "other.sql"
    script.write_text("CREATE VIRTUAL TABLE found USING fts5(text, tokenize='quadgram');\n", encoding="utf-8")
    monkeypatch.setattr(new_schema, "SQLITE_SCRIPT", script)
    with pytest.raises(DatabaseUnavailable, match=r"cannot search text: emagsync needs version 3\.34"):
        async with Database(f"sqlite:///{tmp_path / 'new.sqlite3'}") as database:
            await upgrade(database)
