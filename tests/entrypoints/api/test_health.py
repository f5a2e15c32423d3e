"""Liveness for everybody, readiness in detail for callers only."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx2
import pytest

from emagsync.db.errors import DatabaseUnavailable
from emagsync.rest.state import Check
from support.api import Api, open_api
from support.servers import RedisServer


async def test_a_living_process_says_so_to_anybody(api: Api) -> None:
    answer = await api.stranger.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


async def once_ready(caller: httpx2.AsyncClient) -> httpx2.Response:
    """The answer when every part has begun its work."""
    async with asyncio.timeout(30):
        while (answer := await caller.get("/health/ready")).status_code != 200:
            await asyncio.sleep(0.01)
    return answer


async def test_a_stranger_learns_only_whether_it_is_ready(api: Api) -> None:
    answer = await once_ready(api.stranger)
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "checks": None})


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
