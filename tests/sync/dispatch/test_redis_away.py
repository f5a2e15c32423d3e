"""Runs while the Redis that counts their requests is away: interrupted, and resumed when it is back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from emagsync.accounts.registry import AccountRegistry
from emagsync.db.errors import DatabaseUnavailable
from emagsync.sync import repository
from emagsync.sync.dispatch import inline_executor
from emagsync.sync.dispatch.inline_executor import InlineExecutor
from emagsync.sync.schemas import Mode, Run, RunParameters, RunStatus
from support.comparing import compare_with_marketplace
from support.local import Local, open_local, until
from support.market import Market, open_market
from support.servers import RedisServer

OFFERS = 120
PATIENCE_SECONDS = 1.0
SETTLE_SECONDS = 0.2


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@asynccontextmanager
async def shop(data_dir: Path, redis: RedisServer, **settings: Any) -> AsyncIterator[tuple[Market, Local]]:
    """An account whose requests are counted in `redis`, by a budget that gives up after a second."""
    async with (
        open_market({"main": OFFERS}) as market,
        open_local(data_dir, market.url, redis_url=redis.url, limit={"enabled": True}, **settings) as local,
    ):
        registry: AccountRegistry = local.service._registry
        assert registry.redis is not None
        registry.redis.settle_seconds = SETTLE_SECONDS
        registry.budget("main").patience_seconds = PATIENCE_SECONDS
        yield market, local


async def begin(local: Local, executor: InlineExecutor) -> str:
    asked = RunParameters(mode=Mode.FULL, items_per_page=10)
    queued = await local.service.queue(["main"], asked, trigger="test", sync_id="a-sync")
    executor.submit(queued.runs[0].id)
    return queued.runs[0].id


async def test_a_run_is_interrupted_while_redis_is_away_and_resumes_by_itself_when_it_is_back(
    tmp_path: Path, redis: RedisServer
) -> None:
    ended: list[Run] = []
    async with shop(tmp_path, redis) as (market, local):
        executor = InlineExecutor(local.service, on_end=ended.append)
        run_id = await begin(local, executor)
        await until(lambda: sum(market.page_reads().values()) >= 5)
        redis.kill()
        await until(lambda: bool(ended))
        interrupted = ended[0]
        assert (interrupted.id, interrupted.status, interrupted.errors) == (run_id, RunStatus.INTERRUPTED, ())
        assert interrupted.processed >= 10
        requests = market.requests()
        redis.start()
        await until(lambda: len(ended) == 2)
        run = ended[1]
        assert (run.id, run.status, run.attempt) == (run_id, RunStatus.COMPLETED, 2)
        assert market.requests() > requests
        # What was stored before is not read again, but for the pages that were on their way.
        assert market.page_reads()["1/10"] == 1
        await executor.aclose()
        compare_with_marketplace(local.database, "main", market.truth())


@pytest.mark.thorough
async def test_a_run_resumes_when_redis_is_back_before_the_database_is(
    tmp_path: Path, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inline_executor, "DATABASE_AWAY_SECONDS", 0.05)
    ended: list[Run] = []
    async with shop(tmp_path, redis) as (market, local):
        resumable, refused = local.service.resumable, 3

        async def away(among: Collection[str] | None = None) -> list[str]:
            nonlocal refused
            if refused:
                refused -= 1
                raise DatabaseUnavailable("The database server is starting up.")
            return await resumable(among)

        monkeypatch.setattr(local.service, "resumable", away)
        executor = InlineExecutor(local.service, on_end=ended.append)
        await begin(local, executor)
        await until(lambda: sum(market.page_reads().values()) >= 5)
        redis.kill()
        await until(lambda: bool(ended))
        redis.start()
        await until(lambda: len(ended) == 2)
        assert [run.status for run in ended] == [RunStatus.INTERRUPTED, RunStatus.COMPLETED]
        assert not refused
        await executor.aclose()
        compare_with_marketplace(local.database, "main", market.truth())


async def test_a_server_that_stops_while_a_run_waits_for_redis_does_not_wait_too(
    tmp_path: Path, redis: RedisServer
) -> None:
    ended: list[Run] = []
    async with shop(tmp_path, redis) as (market, local):
        executor = InlineExecutor(local.service, on_end=ended.append)
        run_id = await begin(local, executor)
        await until(lambda: sum(market.page_reads().values()) >= 2)
        redis.kill()
        await until(lambda: bool(ended))
        assert executor.executing == {run_id}
        await executor.aclose()
        assert not executor.executing
        redis.start()
        assert await local.service.resumable() == [run_id]


@pytest.mark.thorough
async def test_a_run_whose_pages_are_too_old_when_redis_is_back_is_replaced_by_a_new_one(
    tmp_path: Path, redis: RedisServer
) -> None:
    ended: list[Run] = []
    async with shop(tmp_path, redis, sync={"resume_within_seconds": 0.001}) as (market, local):
        executor = InlineExecutor(local.service, on_end=ended.append)
        old_id = await begin(local, executor)
        await until(lambda: sum(market.page_reads().values()) >= 5)
        redis.kill()
        await until(lambda: bool(ended))
        redis.start()
        await until(lambda: len(ended) == 2)
        old, new = await repository.read_run(local.database, old_id), ended[1]
        assert (old.status, old.errors[0].code) == (RunStatus.FAILED, "interrupted")
        assert (new.status, new.attempt, new.resumed_from) == (RunStatus.COMPLETED, 1, None)
        assert market.page_reads()["1/10"] == 2
        await until(lambda: not executor.executing)
        compare_with_marketplace(local.database, "main", market.truth())


async def test_a_run_that_somebody_else_resumed_while_it_waited_for_redis_is_left_alone(
    tmp_path: Path, redis: RedisServer
) -> None:
    ended: list[Run] = []
    async with shop(tmp_path, redis) as (market, local):
        executor = InlineExecutor(local.service, on_end=ended.append)
        run_id = await begin(local, executor)
        await until(lambda: sum(market.page_reads().values()) >= 5)
        redis.kill()
        await until(lambda: bool(ended))
        # As another process would have claimed it just now.
        await local.execute("UPDATE sync_runs SET status = 'running', attempt = 2, fence = fence + 1")
        redis.start()
        await until(lambda: not executor.executing)
        assert [run.status for run in ended] == [RunStatus.INTERRUPTED]
        run = await repository.read_run(local.database, run_id)
        assert (run.status, run.attempt) == (RunStatus.RUNNING, 2)


async def test_a_command_ends_with_an_interrupted_run_and_the_next_one_goes_on(
    tmp_path: Path, redis: RedisServer
) -> None:
    async with shop(tmp_path, redis) as (market, local):
        redis.kill()
        first = await local.sync(per_page=40)
        assert (first.status, first.attempt) == (RunStatus.INTERRUPTED, 1)
        redis.start()
        second = await local.sync(per_page=40)
        assert (second.id, second.status, second.attempt) == (first.id, RunStatus.COMPLETED, 2)
        compare_with_marketplace(local.database, "main", market.truth())
