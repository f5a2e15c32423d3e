"""Issue 5: workers that are killed, and servers that are restarted, cost nothing but the page in flight."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from emagsync.sync.schemas import RunStatus
from support.comparing import compare_with_marketplace, snapshot
from support.farm import Farm, kill_all, open_farm, repetitions
from support.local import open_local
from support.servers import PostgresServer, RedisServer

pytestmark = pytest.mark.storm

OFFERS = 600
SLOW = {"latency_ms": 150, "jitter_ms": 20}


async def undisturbed(farm: Farm, folder: Path) -> object:
    """The tables of a run that nothing happened to."""
    async with open_local(folder, farm.market.url) as local:
        await local.completed(per_page=20)
        copy = snapshot(local.database)
    farm.market.forget()
    return copy


async def exact(farm: Farm, expected: object) -> None:
    """The copy equals the marketplace and an undisturbed one, and one run made it."""
    compare_with_marketplace(farm.local.database, "main", farm.market.truth())
    assert snapshot(farm.local.database) == expected
    assert await farm.local.value("SELECT count(*) FROM sync_runs") == 1


async def test_a_run_whose_worker_is_killed_over_and_over_ends_with_the_tables_of_an_undisturbed_one(
    tmp_path: Path,
) -> None:
    chance = random.Random(5)
    kills = repetitions(10, 2)
    async with open_farm(tmp_path / "a", {"main": OFFERS}) as farm:
        expected = await undisturbed(farm, tmp_path / "b")
        farm.market.set(**SLOW)
        run_id = await farm.begin()
        for kill in range(1, kills + 1):
            async with farm.syncs() as worker:
                await farm.when(run_id, lambda run, kill=kill: run.attempt == kill)
                before = farm.market.account().reads
                await farm.until(lambda before=before: farm.market.account().reads >= before + chance.randint(1, 3))
                kill_all(worker)
            assert (await farm.run(run_id)).status is RunStatus.RUNNING
        async with farm.syncs():
            run = await farm.completed(run_id)
        assert run.attempt == kills + 1
        await exact(farm, expected)


async def test_a_run_goes_on_whatever_redis_forgets(tmp_path: Path) -> None:
    with RedisServer() as redis:
        async with open_farm(tmp_path / "a", {"main": OFFERS}, redis=redis.url) as farm:
            expected = await undisturbed(farm, tmp_path / "b")
            farm.market.set(**SLOW)
            async with farm.syncs(), farm.program("beat"):
                run_id = await farm.begin()
                for _ in range(repetitions(3, 1)):
                    reads = farm.market.account().reads
                    await farm.until(lambda reads=reads: farm.market.account().reads > reads)
                    redis.kill()
                    redis.start()
                await farm.completed(run_id)
                await exact(farm, expected)
                # What is made while it is away is done when it is back.
                redis.kill()
                farm.market.set(latency_ms=0, jitter_ms=0)
                later = await farm.begin(send=False)
                redis.start()
                await farm.completed(later)


@pytest.mark.only_on("sqlite")  # the server is one of the test's own
async def test_a_run_survives_restarts_of_postgresql(tmp_path: Path) -> None:
    with PostgresServer() as postgres:
        address = postgres.url
        settings = {"database_url": address}
        from emagsync.db.engine import Database
        from emagsync.db.migrate import upgrade

        async with Database(address) as database:
            await upgrade(database)
        async with open_farm(
            tmp_path / "a", {"main": OFFERS}, settings=settings, EMAGSYNC_DATABASE_URL=address
        ) as farm:
            async with open_local(tmp_path / "b", farm.market.url) as local:
                await local.completed(per_page=20)
            farm.market.forget()
            farm.market.set(**SLOW)
            async with farm.syncs(), farm.program("beat"):
                run_id = await farm.begin()
                for _ in range(repetitions(3, 1)):
                    reads = farm.market.account().reads
                    await farm.until(lambda reads=reads: farm.market.account().reads > reads)
                    postgres.restart()
                run = await farm.completed(run_id)
            assert run.attempt <= 1 + repetitions(3, 1) * 3
            compare_with_marketplace(farm.local.database, "main", farm.market.truth())
            assert await farm.local.value("SELECT count(*) FROM sync_runs") == 1
            assert await farm.local.value("SELECT count(*) FROM offer_changes") == OFFERS


async def test_a_worker_that_is_told_to_stop_finishes_its_page_and_another_one_goes_on(tmp_path: Path) -> None:
    async with open_farm(tmp_path / "a", {"main": OFFERS}) as farm:
        expected = await undisturbed(farm, tmp_path / "b")
        farm.market.set(**SLOW)
        run_id = await farm.begin()
        async with farm.syncs() as first:
            await farm.when(run_id, lambda run: run.pages_read >= 5)
            first.send(signal.SIGTERM)
            ended = await first.ended()
            assert ended.code == 0, ended.err
        run = await farm.run(run_id)
        assert run.status is RunStatus.INTERRUPTED
        assert run.pages_read
        async with farm.syncs():
            run = await farm.completed(run_id)
        assert run.attempt == 2
        # Each page was answered once: none was read for nothing.
        assert set(farm.market.page_reads().values()) == {1}
        await exact(farm, expected)
