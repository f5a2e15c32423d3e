"""Issue 5: workers that are killed, and servers that are restarted, cost nothing but the page in flight."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from emagsync.sync.schemas import RunStatus
from support.comparing import compare_with_marketplace, snapshot
from support.local import open_local
from support.servers import PostgresServer, RedisServer
from support.workplace import Workplace, kill_all, open_workplace, repetitions

pytestmark = [pytest.mark.storm, pytest.mark.databases("both", often="sqlite")]

OFFERS = 600
SLOW = {"latency_ms": 150, "jitter_ms": 20}


async def undisturbed(workplace: Workplace, folder: Path) -> object:
    """The tables of a run that nothing happened to."""
    async with open_local(folder, workplace.market.url) as local:
        await local.completed(per_page=20)
        copy = snapshot(local.database)
    workplace.market.forget()
    return copy


async def exact(workplace: Workplace, expected: object) -> None:
    """The copy equals the marketplace and an undisturbed one, and one run made it."""
    compare_with_marketplace(workplace.local.database, "main", workplace.market.truth())
    assert snapshot(workplace.local.database) == expected
    assert await workplace.local.value("SELECT count(*) FROM sync_runs") == 1


async def test_a_run_whose_worker_is_killed_over_and_over_ends_with_the_tables_of_an_undisturbed_one(
    tmp_path: Path,
) -> None:
    chance = random.Random(5)
    kills = repetitions(10, 2)
    async with open_workplace(tmp_path / "a", {"main": OFFERS}) as workplace:
        expected = await undisturbed(workplace, tmp_path / "b")
        workplace.market.set(**SLOW)
        run_id = await workplace.begin()
        for kill in range(1, kills + 1):
            async with workplace.syncs() as worker:
                await workplace.when(run_id, lambda run, kill=kill: run.attempt == kill)
                before = workplace.market.account().reads
                await workplace.until(
                    lambda before=before: workplace.market.account().reads >= before + chance.randint(1, 3)
                )
                kill_all(worker)
            assert (await workplace.run(run_id)).status is RunStatus.RUNNING
        async with workplace.syncs():
            run = await workplace.completed(run_id)
        assert run.attempt == kills + 1
        await exact(workplace, expected)


async def test_a_run_goes_on_whatever_redis_forgets(tmp_path: Path) -> None:
    with RedisServer() as redis:
        async with open_workplace(tmp_path / "a", {"main": OFFERS}, redis=redis.url) as workplace:
            expected = await undisturbed(workplace, tmp_path / "b")
            workplace.market.set(**SLOW)
            async with workplace.syncs(), workplace.program("beat"):
                run_id = await workplace.begin()
                for _ in range(repetitions(3, 1)):
                    reads = workplace.market.account().reads
                    await workplace.until(lambda reads=reads: workplace.market.account().reads > reads)
                    redis.kill()
                    redis.start()
                await workplace.completed(run_id)
                await exact(workplace, expected)
                # What is made while it is away is done when it is back.
                redis.kill()
                workplace.market.set(latency_ms=0, jitter_ms=0)
                later = await workplace.begin(send=False)
                redis.start()
                await workplace.completed(later)


@pytest.mark.databases("sqlite")  # the server is one of the test's own
async def test_a_run_survives_restarts_of_postgresql(tmp_path: Path) -> None:
    with PostgresServer() as postgres:
        address = postgres.url
        settings = {"database_url": address}
        from emagsync.db.engine import Database
        from emagsync.db.migrate import upgrade

        async with Database(address) as database:
            await upgrade(database)
        async with open_workplace(
            tmp_path / "a", {"main": OFFERS}, settings=settings, EMAGSYNC_DATABASE_URL=address
        ) as workplace:
            async with open_local(tmp_path / "b", workplace.market.url) as local:
                await local.completed(per_page=20)
            workplace.market.forget()
            workplace.market.set(**SLOW)
            async with workplace.syncs(), workplace.program("beat"):
                run_id = await workplace.begin()
                for _ in range(repetitions(3, 1)):
                    reads = workplace.market.account().reads
                    await workplace.until(lambda reads=reads: workplace.market.account().reads > reads)
                    postgres.restart()
                run = await workplace.completed(run_id)
            assert run.attempt <= 1 + repetitions(3, 1) * 3
            compare_with_marketplace(workplace.local.database, "main", workplace.market.truth())
            assert await workplace.local.value("SELECT count(*) FROM sync_runs") == 1
            assert await workplace.local.value("SELECT count(*) FROM offer_changes") == OFFERS


async def test_a_worker_that_is_told_to_stop_finishes_its_page_and_another_one_goes_on(tmp_path: Path) -> None:
    async with open_workplace(tmp_path / "a", {"main": OFFERS}) as workplace:
        expected = await undisturbed(workplace, tmp_path / "b")
        workplace.market.set(**SLOW)
        run_id = await workplace.begin()
        async with workplace.syncs() as first:
            await workplace.when(run_id, lambda run: run.pages_read >= 5)
            first.send(signal.SIGTERM)
            ended = await first.ended()
            assert ended.code == 0, ended.err
        run = await workplace.run(run_id)
        assert run.status is RunStatus.INTERRUPTED
        assert run.pages_read
        async with workplace.syncs():
            run = await workplace.completed(run_id)
        assert run.attempt == 2
        # Each page was answered once: none was read for nothing.
        assert set(workplace.market.page_reads().values()) == {1}
        await exact(workplace, expected)
