"""Issue 5: the API and the command line behave the same, whether the server carries runs itself or workers do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from support.api import open_api
from support.comparing import compare_with_marketplace
from support.local import accounts_at
from support.market import open_market
from support.program import Program, environment, run
from support.runs import PRODUCTS, Desk
from support.servers import RedisServer

SLOW = {"latency_ms": 150}


@pytest.fixture(params=["inline", "celery"])
def executor(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@asynccontextmanager
async def desk_of(executor: str, folder: Path, market: Mapping[str, Any] | None = None) -> AsyncIterator[Desk]:
    """A server, and with `celery` a worker of its own beside it."""
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(open_market({"main": 300, "fbe": 40}, **(market or {})))
        settings: dict[str, Any] = {"schedule": {"enabled": False}}
        if executor == "celery":
            redis = stack.enter_context(RedisServer())
            settings |= {"executor": "celery", "redis_url": redis.url}
        accounts = accounts_at(sandbox.url, "main", "fbe")
        api = await stack.enter_async_context(open_api(folder, accounts, **settings))
        if executor == "celery":
            variables = environment(
                folder,
                sandbox.url,
                {"main": "main", "fbe": "fbe"},
                EMAGSYNC_EXECUTOR="celery",
                EMAGSYNC_REDIS_URL=settings["redis_url"],
            )
            await stack.enter_async_context(Program(("worker", "-Q", "emagsync.syncs"), variables))
        yield Desk(api, sandbox)


@pytest.mark.databases("both", often="sqlite")
async def test_a_sync_that_is_waited_for_answers_with_what_came_of_it(tmp_path: Path, executor: str) -> None:
    async with desk_of(executor, tmp_path) as desk:
        body = await desk.sync(account_type="both")
        assert (body["status"], body["data"]["total_processed"], body["data"]["created"]) == ("completed", 340, 340)
        compare_with_marketplace(desk.api.state.database, "main", desk.market.truth())
        again = await desk.sync()
        assert (again["data"]["unchanged"], again["data"]["created"]) == (300, 0)


async def test_a_second_sync_is_refused_and_the_first_can_be_stopped_and_retried(tmp_path: Path, executor: str) -> None:
    async with desk_of(executor, tmp_path, SLOW) as desk:
        begun = await desk.begin(items_per_page=10)
        await desk.when(begun["id"], lambda run: run["processed_items"] > 0)
        refused = await desk.post(account_type="main")
        assert (refused.status_code, refused.json()["run_id"]) == (409, begun["id"])
        stopped = await desk.api.operator.delete(f"{PRODUCTS}/sync/{begun['id']}")
        assert (stopped.status_code, stopped.json()["status"]) == (200, "cancelled")
        desk.market.set(latency_ms=0)
        desk.market.fault(kind="status", status=500, rows=[150, 150])
        failed = await desk.ended((await desk.begin())["id"])
        assert failed["status"] == "failed"
        desk.market.mend()
        retried = await desk.api.operator.post(f"{PRODUCTS}/sync/{failed['id']}/retry", params={"run_async": False})
        assert (retried.status_code, retried.json()["status"]) == (200, "completed"), retried.text
        compare_with_marketplace(desk.api.state.database, "main", desk.market.truth())


async def test_the_command_line_carries_its_own_run_and_respects_the_others(tmp_path: Path, executor: str) -> None:
    async with desk_of(executor, tmp_path) as desk:
        desk.market.fault(kind="slow", route="product_offer/read", delay_ms=60_000)
        begun = await desk.begin()
        variables = environment(tmp_path, desk.market.url)
        if executor == "celery":
            url = desk.api.state.settings.redis_url
            assert url is not None
            variables |= {"EMAGSYNC_EXECUTOR": "celery", "EMAGSYNC_REDIS_URL": url.get_secret_value()}
        busy = await run("sync", "main", variables=variables)
        assert (busy.code, begun["id"] in busy.err + busy.out) == (4, True)
        await desk.api.operator.delete(f"{PRODUCTS}/sync/{begun['id']}")
        desk.market.mend()
        done = await run("sync", "main", variables=variables)
        assert done.code == 0, done.err
