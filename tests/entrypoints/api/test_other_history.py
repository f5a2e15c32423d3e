"""A database that is restored from a backup gets a history of its own, and who follows the old one is told."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx2
import pytest
from sqlalchemy import delete

from emagsync.db.engine import Database
from emagsync.offers.tables import offer_changes
from offers.offer_rows import AT, offer, store
from support.api import Api, open_api
from support.databases import address_in, is_postgresql

FEED = "/api/v1/emag/products/changes"
PRODUCT = "/api/v1/emag/products/products/1"

pytestmark = pytest.mark.databases("both")


class Backup:
    """A backup of a folder's database, made while a server uses it, and the ways to put it in its place."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder.parent / f"{folder.name}.backup"
        if is_postgresql():
            self._client("pg_dump", "--format=custom", f"--file={self.file}", self.address)
        else:
            with closing(sqlite3.connect(self.path)) as source, closing(sqlite3.connect(self.file)) as target:
                source.backup(target)

    @property
    def address(self) -> str:
        return address_in(self.folder)

    @property
    def path(self) -> Path:
        return Path(self.address.split("///", 1)[1])

    async def as_documented(self) -> None:
        """SQLite: the file is removed with its companions, and another put in its place. PostgreSQL: the database is
        dropped, made anew and filled."""
        if is_postgresql():
            await self._anew()
            self._client("pg_restore", "--no-owner", f"--dbname={self.address}", str(self.file))
        else:
            for name in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + name).unlink(missing_ok=True)
            shutil.copy(self.file, self.path)

    async def in_place(self) -> None:
        """SQLite: `cp`, which keeps the file that is there, with its inode. PostgreSQL: `pg_restore --clean` into the
        database that is there."""
        if is_postgresql():
            self._client("pg_restore", "--clean", "--no-owner", f"--dbname={self.address}", str(self.file))
        else:
            for name in ("-wal", "-shm"):
                self.path.with_name(self.path.name + name).unlink(missing_ok=True)
            subprocess.run(["cp", self.file, self.path], check=True)

    async def unnoticed(self) -> None:
        """Everything is put back that could tell: SQLite's file and what is remembered beside it; the rows alone."""
        if is_postgresql():
            await self._empty()
            self._client("pg_restore", "--data-only", "--disable-triggers", f"--dbname={self.address}", str(self.file))
        else:
            await self.as_documented()
        for mark in self.folder.glob("*history*"):
            mark.write_bytes(self.mark)

    def remember_mark(self) -> None:
        [mark] = self.folder.glob("*history*")
        self.mark = mark.read_bytes()

    async def _anew(self) -> None:
        name = urlsplit(self.address).path[1:]
        connection = await asyncpg.connect(urlsplit(self.address)._replace(path="/postgres").geturl())
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        await connection.close()

    async def _empty(self) -> None:
        connection = await asyncpg.connect(self.address)
        tables = await connection.fetch("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        await connection.execute(f"TRUNCATE {', '.join(name for (name,) in tables)} RESTART IDENTITY CASCADE")
        await connection.close()

    def _client(self, program: str, *arguments: str) -> None:
        subprocess.run([program, *arguments], check=True, env=os.environ | {"PGCONNECT_TIMEOUT": "20"})


async def follow(api: Api, **place: Any) -> httpx2.Response:
    return await api.viewer.get(FEED, params=place)


async def end_of(api: Api) -> dict[str, Any]:
    """The answer of a follower who has read everything."""
    answer = await follow(api)
    assert answer.status_code == 200
    data: dict[str, Any] = answer.json()["data"]
    assert not data["has_more"]
    return data


async def change_stock(database: Database, stocks: range) -> None:
    for stock in stocks:
        await store(database, [offer(1, stock=stock)], at=AT + timedelta(hours=stock))


WAYS: dict[str, Callable[[Backup], Awaitable[None]]] = {
    "as documented": Backup.as_documented,
    "in place": Backup.in_place,
}


@pytest.mark.parametrize("restore", [pytest.param(way, id=name) for name, way in WAYS.items()])
async def test_a_follower_of_what_a_restore_has_undone_is_told_and_begins_anew(
    tmp_path: Path, restore: Callable[[Backup], Awaitable[None]]
) -> None:
    """It was at 7 of a feed that went on from 3: it must neither miss what comes after 3, nor be told of it as if it
    came after 7."""
    folder = tmp_path / "data"
    async with open_api(folder) as api:
        await change_stock(api.state.database, range(10, 13))
        backup = Backup(folder)
        of_then = await end_of(api)
        await change_stock(api.state.database, range(20, 24))
        lost = await end_of(api)
        assert (of_then["next_after"], lost["next_after"]) == (3, 7)
        tag = (await api.viewer.get(PRODUCT)).headers["ETag"]
    await restore(backup)
    async with open_api(folder) as api:
        # Both before there are as many changes again, and after.
        for stocks in (range(0), range(30, 39)):
            await change_stock(api.state.database, stocks)
            for place in ({"cursor": lost["next_cursor"]}, {"cursor": of_then["next_cursor"]}, {"after": 7}):
                refused = await follow(api, **place)
                problem = refused.json()
                assert refused.status_code == 409, place
                assert problem["code"] in ("other_history", "after_the_end")
                assert "read all products anew" in problem["detail"]
                assert (await follow(api, cursor=problem["next_cursor"])).json()["data"]["count"] == 0
        # A number of what both histories share is the same place in both.
        shared = (await follow(api, after=3)).json()["data"]
        assert [change["new"] for change in shared["changes"]] == [str(stock) for stock in range(30, 39)]
        assert min(change["seq"] for change in shared["changes"]) > 7
        edit = await api.operator.patch(PRODUCT, json={"stock": 3}, headers={"If-Match": tag})
        assert (edit.status_code, edit.json()["code"]) == (409, "other_history")
        own = (await api.viewer.get(PRODUCT)).headers["ETag"]
        edit = await api.operator.patch(PRODUCT, json={"stock": 3}, headers={"If-Match": own})
        assert edit.status_code == 200
        again = await api.operator.patch(PRODUCT, json={"stock": 4}, headers={"If-Match": edit.headers["ETag"]})
        assert again.status_code == 200


async def test_a_restart_leaves_the_history_as_it_is(tmp_path: Path) -> None:
    async with open_api(tmp_path) as api:
        await change_stock(api.state.database, range(10, 13))
        before = await end_of(api)
    for number in (4, 5):
        async with open_api(tmp_path) as api:
            await change_stock(api.state.database, range(number, number + 1))
            found = (await follow(api, cursor=before["next_cursor"])).json()["data"]
            assert [change["seq"] for change in found["changes"]] == [number]
            before = found


async def test_a_restore_that_nothing_could_notice_is_seen_by_the_cursor(tmp_path: Path) -> None:
    """As when the disks of the whole machine are put back to yesterday."""
    folder = tmp_path / "data"
    async with open_api(folder) as api:
        await change_stock(api.state.database, range(10, 13))
        of_then = await end_of(api)
        backup = Backup(folder)
        backup.remember_mark()
        await change_stock(api.state.database, range(20, 24))
        lost = await end_of(api)
    await backup.unnoticed()
    async with open_api(folder) as api:
        assert (await follow(api, cursor=of_then["next_cursor"])).json()["data"]["count"] == 0
        for stocks in (range(0), range(30, 39)):
            await change_stock(api.state.database, stocks)
            refused = await follow(api, cursor=lost["next_cursor"])
            assert (refused.status_code, refused.json()["code"]) == (409, "other_history")
        assert (await follow(api, cursor=of_then["next_cursor"])).json()["data"]["count"] == 9


async def test_a_follower_whose_last_change_is_gone_with_its_account_goes_on(tmp_path: Path) -> None:
    async with open_api(tmp_path) as api:
        database = api.state.database
        await change_stock(database, range(10, 12))
        await store(database, [offer(1)], account="fbe")
        before = await end_of(api)
        async with database.transaction() as connection:
            await connection.execute(delete(offer_changes).where(offer_changes.c.account == "fbe"))
        for place in ({"cursor": before["next_cursor"]}, {"after": before["next_after"]}):
            still = (await follow(api, **place)).json()["data"]
            assert (still["count"], still["next_after"]) == (0, 3)
        assert (await follow(api, cursor=still["next_cursor"])).status_code == 200
        await change_stock(database, range(20, 21))
        assert (await follow(api, cursor=still["next_cursor"])).json()["data"]["count"] == 1


async def test_events_of_another_history_are_not_gone_on_from(tmp_path: Path) -> None:
    async with open_api(tmp_path) as api:
        history = api.state.database.history_id
        for last_id, status in ((f"{'f' * 12}-{'a' * 12}-3", 409), (f"{history}-{'a' * 12}-3", 200), ("abc-3", 200)):
            async with api.viewer.stream("GET", "/api/v1/events", headers={"Last-Event-ID": last_id}) as answer:
                assert answer.status_code == status, last_id
                if status == 200:
                    lines = answer.aiter_lines()
                    id_line = await anext(lines)
                    while not id_line.startswith("id: "):
                        id_line = await anext(lines)
                    assert id_line.startswith(f"id: {history}-")


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    "place", [{"cursor": "x"}, {"cursor": "9" * 60}, {"cursor": f"{'a' * 12}-1-"[:-2], "after": 1}]
)
async def test_a_cursor_that_is_none_is_refused(tmp_path: Path, place: dict[str, Any]) -> None:
    async with open_api(tmp_path) as api:
        refused = await follow(api, **place)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] in ("cursor", "after")
