"""Liveness for everybody, readiness in detail for callers only."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from emagsync.core.concurrency import background_task
from emagsync.db import integrity
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseUnavailable
from emagsync.rest.state import Check
from emagsync.sync.dispatch.inline_executor import InlineExecutor
from support.api import Api, open_api
from support.databases import new_database
from support.local import until
from support.patience import PATIENCE_SECONDS
from support.runs import open_desk
from support.servers import RedisServer

pytestmark = pytest.mark.unasked


async def test_a_living_process_says_so_to_anybody(api: Api) -> None:
    answer = await api.stranger.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


async def once_ready(caller: httpx2.AsyncClient) -> httpx2.Response:
    """The answer when every part has begun its work."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (answer := await caller.get("/health/ready")).status_code != 200:
            await asyncio.sleep(0.01)
    return answer


async def test_a_stranger_learns_only_whether_it_is_ready(api: Api) -> None:
    answer = await once_ready(api.stranger)
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "checks": None})


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
async def test_who_asks_by_head_gets_the_answer_without_a_body(api: Api, path: str) -> None:
    await once_ready(api.stranger)
    read, asked = await api.viewer.get(path), await api.viewer.head(path)
    assert (asked.status_code, asked.content) == (read.status_code, b"") == (200, b"")
    assert asked.headers["content-type"] == read.headers["content-type"]


@pytest.mark.databases("both", often="sqlite")
async def test_a_caller_learns_about_each_part(api: Api) -> None:
    checks = (await api.viewer.get("/health/ready")).json()["checks"]
    assert {"database", "migrations"} <= checks.keys()
    assert all(check["ok"] for check in checks.values())


@pytest.mark.databases("both", often="sqlite")
async def test_one_sick_part_makes_it_not_ready_and_is_named_without_secrets(api: Api) -> None:
    async def sick() -> Check:
        raise DatabaseUnavailable("postgresql://user:hunter2@host cannot be reached")

    api.state.add_check("sick", sick)
    answer = await api.stranger.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "not_ready", "checks": None})
    answer = await api.viewer.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["sick"] == {"ok": False, "detail": "database_unavailable"}


async def test_a_wrong_token_is_a_stranger_here(api: Api) -> None:
    async with api.bearing("emag_t_wrong") as liar:
        assert (await once_ready(liar)).json() == {"status": "ready", "checks": None}


async def test_a_redis_that_is_away_is_told_with_what_that_means_and_the_service_stays_ready(tmp_path: Path) -> None:
    with RedisServer() as redis:
        async with open_api(tmp_path, redis_url=redis.url, limit={"enabled": True}) as api:
            checks = (await api.viewer.get("/health/ready")).json()["checks"]
            assert checks["redis"] == {"ok": True, "detail": f"Redis at 127.0.0.1:{redis.port} answers"}
            redis.kill()
            while "answers" in (check := (await api.viewer.get("/health/ready")).json()["checks"]["redis"])["detail"]:
                await asyncio.sleep(0.05)
            assert check["ok"]
            assert "requests to eMAG wait" in check["detail"]


def page_of(path: Path, table: str) -> int:
    """Where in SQLite's file the table's first page begins."""
    with closing(sqlite3.connect(path)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        number = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    return int((number - 1) * size)


async def test_a_database_that_was_deleted_is_noticed_and_no_run_completes(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 30}) as desk:
        await desk.sync()
        assert (await once_ready(desk.api.viewer)).status_code == 200
        path = desk.api.state.database.sqlite_path
        assert path is not None
        path.unlink()
        ready = await desk.api.viewer.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json()["checks"]["database"] == {"ok": False, "detail": "database_replaced"}
        refused = await desk.post(account_type="main", mode="full")
        assert (refused.status_code, refused.json()["code"]) == (503, "database_replaced")
        assert "start it again" in refused.json()["detail"]
        assert not path.exists()


async def test_a_database_that_is_deleted_while_a_run_reads_ends_the_run_uncompleted(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 200}, market={"latency_ms": 20}) as desk:
        run = await desk.begin(items_per_page=10)
        await desk.when(run["id"], lambda run: run["pages_read"] > 1)
        path = desk.api.state.database.sqlite_path
        assert path is not None
        path.unlink()
        executor = desk.api.services.runs._executor
        assert isinstance(executor, InlineExecutor)
        await until(lambda: not executor.executing)
        [row] = await desk.api.rows("SELECT status FROM sync_runs")
        assert row["status"] != "completed"


async def test_a_damaged_database_says_that_the_backup_is_needed(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 30}) as desk:
        await desk.sync()
        path = desk.api.state.database.sqlite_path
        assert path is not None
    with path.open("r+b") as file:
        file.seek(page_of(path, "conflicts"))
        file.write(b"\x07" * 4000)
    async with open_api(tmp_path, schedule={"enabled": False}) as api:
        answer = await api.viewer.get("/api/v1/emag/conflicts")
        assert (answer.status_code, answer.json()["code"]) == (503, "database_damaged")
        assert "restore the backup" in answer.json()["detail"]
        ready = await api.viewer.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json()["checks"]["database"] == {"ok": False, "detail": "database_damaged"}


def damage(path: Path, table: str) -> None:
    """Overwrite the table's first page, as a failing disk does."""
    with path.open("r+b") as file:
        file.seek(page_of(path, table))
        file.write(b"\x07" * 4000)


async def test_damage_that_nobody_has_read_is_found_by_itself_and_no_run_is_started(tmp_path: Path) -> None:
    async with open_desk(tmp_path, {"main": 30}) as desk:
        await desk.sync()
        path = desk.api.state.database.sqlite_path
        assert path is not None
    damage(path, "audit_log")
    async with open_desk(tmp_path, {"main": 30}) as desk:
        await until(lambda: desk.api.state.database.damage is not None)
        ready = await desk.api.viewer.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json()["checks"]["database"] == {"ok": False, "detail": "database_damaged"}
        refused = await desk.post(account_type="main", mode="full")
        assert (refused.status_code, refused.json()["code"]) == (503, "database_damaged")


async def test_a_whole_database_is_looked_at_again_and_damage_is_found_then(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with new_database(tmp_path) as database:
        path = database.sqlite_path
        assert path is not None
    said: list[str] = []

    def is_checked() -> bool:
        said.append(capsys.readouterr().out)
        return "database_checked" in "".join(said)

    async with (
        Database(f"sqlite:///{path}") as database,
        background_task("check", integrity.watch(database, every_seconds=0.05)),
    ):
        await until(is_checked)
        assert database.damage is None
        damage(path, "audit_log")
        await until(lambda: database.damage is not None)
