"""Schema discipline: upgraded from empty, checked against the tables, refused when newer, safe when started twice."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

import emagsync
from emagsync.db import migrations
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseTooNew
from emagsync.db.metadata import metadata
from emagsync.db.migrate import current_revision, upgrade

UPGRADE = """
import asyncio, sys
from emagsync.db.engine import Database
from emagsync.db.migrate import upgrade
async def main():
    async with Database(sys.argv[1]) as database:
        print(await upgrade(database))
asyncio.run(main())
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'new.sqlite3'}"


def import_all_tables() -> None:
    """Every module that declares tables, also of features that nobody imported yet."""
    for module in pkgutil.walk_packages(emagsync.__path__, "emagsync."):
        if module.name.endswith("tables"):
            importlib.import_module(module.name)


async def test_an_empty_database_is_brought_to_this_versions_schema_once(url: str) -> None:
    async with Database(url) as database:
        assert await current_revision(database) is None
        assert await upgrade(database) is True
        assert await current_revision(database) == migrations.HEAD
        assert await upgrade(database) is False


async def test_the_migrations_make_exactly_the_tables_that_the_code_declares(database: Database) -> None:
    import_all_tables()

    def ours(name: str | None, kind: str, _: object) -> bool:
        # FTS5 keeps its index in tables of its own.
        return kind != "table" or name is None or not name.startswith("offer_search_index")

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": ours})
        return list(compare_metadata(context, metadata))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


def test_the_newest_step_is_the_head_and_there_is_one_line_of_steps() -> None:
    folder = Path(migrations.__file__).parent
    scripts = ScriptDirectory(str(folder))
    assert scripts.get_heads() == [migrations.HEAD]
    steps = [script.revision for script in scripts.walk_revisions()]
    assert steps == sorted(steps, reverse=True)


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '29991231_01'"))
    with pytest.raises(DatabaseTooNew, match="29991231_01"):
        await upgrade(database)
    assert await current_revision(database) == "29991231_01"


async def test_two_starts_at_once_in_one_process_upgrade_once(url: str) -> None:
    async with Database(url) as one, Database(url) as other:
        assert sorted(await asyncio.gather(upgrade(one), upgrade(other), upgrade(one))) == [False, False, True]


async def test_processes_that_start_at_once_upgrade_once(url: str) -> None:
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", UPGRADE, url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(4)
    ]
    said = [await process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, said
    assert sorted(out.decode().strip() for out, _ in said) == ["False", "False", "False", "True"]


async def test_a_process_killed_while_upgrading_leaves_a_database_that_can_be_upgraded(url: str) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", UPGRADE, url, stdout=asyncio.subprocess.PIPE)
    path = Path(url.removeprefix("sqlite:///"))
    while not path.exists() and process.returncode is None:
        await asyncio.sleep(0.001)
    if process.returncode is None:
        process.kill()
    await process.communicate()
    async with Database(url) as database:
        await upgrade(database)
        assert await current_revision(database) == migrations.HEAD


async def test_every_constraint_and_index_has_a_name_of_the_convention(database: Database) -> None:
    async with database.reading() as connection:
        rows = await connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite_autoindex_%'")
        )
        names = list(rows.scalars())
    assert names
    assert all(name.startswith(("ix_", "uq_")) for name in names)
