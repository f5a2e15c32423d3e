"""Live events of runs that another process carries, told over Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from emagsync.sync.live.redis_relay import CHANNEL, LARGEST_MESSAGE, RedisRelay
from emagsync.sync.live.relay import RunUpdate
from emagsync.sync.schemas import Phase, Progress, RunStatus
from entrypoints.api.test_live_events import listening
from support.api import Api, open_api
from support.local import accounts_at, until
from support.patience import PATIENCE_SECONDS
from support.runs import Desk, open_desk
from support.servers import RedisServer


@asynccontextmanager
async def two_servers(folder: Path, redis_url: str) -> AsyncIterator[tuple[Desk, Api]]:
    """Two servers on one database, with a marketplace that takes its time."""
    market = {"latency_ms": 120}
    few = {"pages_in_flight": 2}
    async with (
        open_desk(folder, {"main": 200}, market=market, redis_url=redis_url, sync=few) as desk,
        open_api(folder, accounts_at(desk.market.url, "main"), redis_url=redis_url, sync=few) as other,
    ):
        yield desk, other


def progress_of(run_id: str, **changes: object) -> Progress:
    counts = dict.fromkeys(("created", "updated", "unchanged", "removed", "failed", "errors", "rate_limit_hits"), 0)
    values = {
        "run_id": run_id,
        "account": "main",
        "status": RunStatus.RUNNING,
        "phase": Phase.READING,
        "pages_read": 1,
        "total_pages": 2,
        "processed": 100,
        "total_items": 200,
        "requests": 1,
        "wait_seconds": 0.0,
        "elapsed_seconds": 1.0,
        "items_per_second": 100.0,
        "eta_seconds": 1.0,
        **counts,
        **changes,
    }
    return Progress.model_validate(values)


@pytest.mark.databases("both", often="sqlite")
async def test_a_run_of_one_server_is_followed_at_the_other_one_as_closely(tmp_path: Path) -> None:
    with RedisServer() as redis:
        async with two_servers(tmp_path, redis.url) as (desk, other), listening(other.viewer) as far:
            await until(lambda: bool(far.seen))
            run = await desk.begin(items_per_page=5)
            await until(lambda: "completed" in far.states())
            assert far.states()[-2:] == ["running", "completed"]
            assert {one["id"] for one in far.runs()} == {run["id"]}
            progress = [one["processed_items"] for one in far.runs("progress")]
            assert progress == sorted(progress)
            took = far.runs()[-1]["duration_seconds"]
            # Rows are looked at once a second: that alone would be half of it at most.
            # Four a second, as at the server that carries it; half of them where the machine is busy.
            assert 1.5 * took <= len(progress) <= 4 * took + 2


async def test_without_redis_the_rows_tell_it(tmp_path: Path) -> None:
    with RedisServer() as redis:
        async with two_servers(tmp_path, redis.url) as (desk, other), listening(other.viewer) as far:
            await until(lambda: bool(far.seen))
            redis.kill()
            await desk.begin(items_per_page=5)
            await until(lambda: "completed" in far.states())
            assert far.runs("progress")
            redis.start()
            again = await desk.begin(items_per_page=5)
            await until(lambda: (again["id"], "completed") in [(run["id"], run["status"]) for run in far.runs()])


async def test_a_run_that_is_over_before_anybody_looks_is_told_all_the_same(tmp_path: Path) -> None:
    with RedisServer() as redis:
        async with two_servers(tmp_path, redis.url) as (desk, other), listening(other.viewer) as far:
            await until(lambda: bool(far.seen))
            for _ in range(3):
                run = await desk.sync(max_pages=1, items_per_page=1)
                ended = (run["data"]["runs"][0]["id"], "partial")
                await until(lambda ended=ended: ended in [(one["id"], one["status"]) for one in far.runs()])


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff{", id="no JSON"),
        pytest.param(b"[1]", id="no object"),
        pytest.param(b'{"sender": 1, "run_id": "a"}', id="a wrong type"),
        pytest.param(b'{"sender": "s", "run_id": "a", "progress": {"run_id": "a"}}', id="half a progress"),
        pytest.param(b'{"sender": "s", "run_id": "' + b"a" * LARGEST_MESSAGE + b'"}', id="too long"),
    ],
)
async def test_what_is_no_message_of_ours_is_passed_over(message: bytes) -> None:
    heard: list[RunUpdate] = []
    with RedisServer() as redis:
        async with (
            RedisRelay(redis.url) as teller,
            RedisRelay(redis.url) as hearer,
            Redis.from_url(redis.url) as stranger,
        ):
            task = asyncio.ensure_future(hearer.listen(heard.append))
            while not await stranger.publish(f"{CHANNEL}:0", message):
                await asyncio.sleep(0.005)
            teller.progress(progress_of("a-run"))
            await until(lambda: bool(heard))
            task.cancel()
    assert heard == [RunUpdate("a-run", progress_of("a-run"))]


async def test_who_listens_can_be_stopped_while_redis_is_away() -> None:
    with RedisServer() as redis:
        async with RedisRelay(redis.url) as relay:
            task = asyncio.ensure_future(relay.listen(lambda _: None))
            async with Redis.from_url(redis.url) as looker:
                while not (await looker.pubsub_numsub(f"{CHANNEL}:0"))[0][1]:
                    await asyncio.sleep(0.005)
            redis.kill()
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
            assert task.cancelled()


async def test_one_s_own_news_do_not_come_back_and_the_newest_progress_is_what_is_told() -> None:
    heard: list[RunUpdate] = []
    own: list[RunUpdate] = []
    with RedisServer() as redis:
        async with (
            RedisRelay(redis.url) as teller,
            RedisRelay(redis.url) as hearer,
            Redis.from_url(redis.url) as looker,
        ):
            tasks = [
                asyncio.ensure_future(teller.listen(own.append)),
                asyncio.ensure_future(hearer.listen(heard.append)),
            ]
            while (await looker.pubsub_numsub(f"{CHANNEL}:0"))[0][1] < 2:
                await asyncio.sleep(0.005)
            for number in range(50):
                teller.progress(progress_of("a-run", processed=number))
            hearer.progress(progress_of("another"))
            await until(lambda: bool(heard and own))
            for task in tasks:
                task.cancel()
    assert [news.progress.processed for news in heard if news.progress] == [49]
    assert [news.run_id for news in own] == ["another"]
