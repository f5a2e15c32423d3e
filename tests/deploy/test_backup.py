"""The page's commands for backing up, as they are written there: what is restored is what was kept."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from deploy.documents import REPO
from emagsync.db.engine import Database
from emagsync.offers.tables import offer_changes, offer_payloads, offers
from support.market import open_market
from support.patience import PATIENCE_SECONDS
from support.program import environment, run
from support.servers import PostgresServer

PAGE = (REPO / "docs" / "deploy.md").read_text()
DATABASE = "emagsync"


async def everything_in(url: str) -> list[list[Any]]:
    """The rows of the local copy."""
    async with Database(url) as database, database.snapshot() as connection:
        return [
            [tuple(row) for row in await connection.execute(select(table).order_by(*table.primary_key))]
            for table in (offers, offer_payloads, offer_changes)
        ]


async def spoil(url: str) -> None:
    async with Database(url) as database, database.transaction() as connection:
        await connection.execute(text("UPDATE offers SET stock = stock + 1"))
        await connection.execute(text("DELETE FROM offer_changes"))


def commands_of_the_database() -> list[list[str]]:
    """What the page runs in the database's container, in its order."""
    return [shlex.split(found) for found in re.findall(r"exec -T db (\S+ .*?)(?: [<>] \S+)?$", PAGE, re.MULTILINE)]


@pytest.mark.databases("postgresql")
async def test_a_dump_of_postgresql_is_restored_whole(tmp_path: Path) -> None:
    dump, *restore = commands_of_the_database()
    assert [command[0] for command in (dump, *restore)] == ["pg_dump", "dropdb", "createdb", "pg_restore"]
    with PostgresServer() as server:

        def do(command: list[str], **streams: Any) -> None:
            variables = os.environ | {"PGHOST": "127.0.0.1", "PGPORT": str(server.port)}
            subprocess.run([server.program(command[0]), *command[1:]], check=True, env=variables, **streams)

        do(["createdb", "--username", DATABASE, DATABASE])
        url = server.url_of(DATABASE)
        await a_first_copy(tmp_path, EMAGSYNC_DATABASE_URL=url)
        kept = await everything_in(url)
        with (tmp_path / "emagsync.dump").open("wb") as file:
            do(dump, stdout=file)
        await spoil(url)
        assert await everything_in(url) != kept
        with (tmp_path / "emagsync.dump").open("rb") as file:
            for command in restore:
                do(command, **({"stdin": file} if command[0] == "pg_restore" else {}))
        assert await everything_in(url) == kept
        await an_unchanged_copy(tmp_path, EMAGSYNC_DATABASE_URL=url)


async def test_a_copy_of_sqlite_is_whole_while_others_write(tmp_path: Path) -> None:
    found = re.search(r"^sudo /opt/emagsync/bin/python (-c .*)$", PAGE, re.MULTILINE)
    assert found is not None
    await a_first_copy(tmp_path)
    file, copy = tmp_path / "emagsync.sqlite3", tmp_path / "copy.sqlite3"
    url = f"sqlite:///{file}"
    kept = await everything_in(url)
    async with Database(url) as database, database.transaction() as connection:
        await connection.execute(text("UPDATE offers SET stock = stock + 1"))
        command = [
            {"/var/lib/emagsync/emagsync.sqlite3": str(file), "/var/backups/emagsync.sqlite3": str(copy)}.get(
                word, word
            )
            for word in shlex.split(found[1])
        ]
        subprocess.run([sys.executable, *command], check=True, timeout=PATIENCE_SECONDS)
    assert await everything_in(f"sqlite:///{copy}") == kept
    assert await everything_in(url) != kept
    for left in ("-wal", "-shm"):
        Path(f"{file}{left}").unlink(missing_ok=True)
    shutil.move(copy, file)
    assert await everything_in(url) == kept
    await an_unchanged_copy(tmp_path)


async def a_first_copy(folder: Path, **variables: str) -> None:
    async with open_market({"main": 60}) as market:
        done = await run("sync", "--mode", "full", variables=environment(folder, market.url, **variables))
        assert done.code == 0, done.err


async def an_unchanged_copy(folder: Path, **variables: str) -> None:
    """A sync over what was restored finds it as it is at the marketplace."""
    async with open_market({"main": 60}) as market:
        done = await run("sync", "--mode", "full", variables=environment(folder, market.url, **variables))
    assert done.code == 0, done.err
    assert "0 created, 0 updated, 60 unchanged" in done.out + done.err
