"""`emagsync worker` and `emagsync beat`, as real processes."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from emagsync.sync import schedule_repository
from emagsync.sync.schemas import RunStatus
from support.farm import Farm, kill_all, open_farm
from support.program import environment, run
from support.servers import RedisServer

LONG = {"latency_ms": 1500}


async def make_due(farm: Farm, job: str) -> None:
    """Let the schedule have that job due now."""
    async with farm.local.database.transaction() as connection:
        await schedule_repository.change(connection, job, {"next_run_at": datetime(2026, 1, 1, tzinfo=UTC)})


async def last_result(farm: Farm, job: str) -> str | None:
    result: str | None = await farm.local.value("SELECT last_result FROM schedules WHERE name = :job", job=job)
    return result


async def until_result(farm: Farm, job: str, *, seconds: float = 60) -> str:
    async with asyncio.timeout(seconds):
        while (result := await last_result(farm, job)) is None:
            await asyncio.sleep(0.05)
    return result


async def test_a_sync_in_a_worker_that_is_stopped_by_a_person_lets_the_next_one_begin_within_3_seconds(
    tmp_path: Path,
) -> None:
    async with open_farm(tmp_path, {"main": 2000}, market={"latency_ms": 100}) as farm, farm.syncs("-c", "1"):
        first = await farm.begin()
        await farm.when(first, lambda run: run.pages_read > 0)
        await farm.local.service.cancel(first)
        second = await farm.begin()
        # There is one slot, and the first run has to leave it.
        await farm.when(second, lambda run: run.status is RunStatus.RUNNING, seconds=3)
        assert (await farm.run(first)).status is RunStatus.CANCELLED


async def test_short_work_does_not_wait_for_catalogues(tmp_path: Path) -> None:
    accounts = {"main": 300, "fbe": 300, "third": 300}
    async with (
        open_farm(tmp_path, accounts, market=LONG, EMAGSYNC_WORKER__RUNS="2") as farm,
        farm.worker(),
    ):
        runs = [await farm.begin(name) for name in accounts]
        for run_id in runs[:2]:
            await farm.when(run_id, lambda run: run.status is RunStatus.RUNNING)
        await farm.queue.send_task("emag.health_check", "third")
        assert await until_result(farm, "health:third") == "ok"
        statuses = [(await farm.run(run_id)).status for run_id in runs]
        assert statuses == [RunStatus.RUNNING, RunStatus.RUNNING, RunStatus.QUEUED]


@pytest.mark.parametrize("pool", [("-P", "prefork", "-c", "2"), ("-P", "solo")], ids=["prefork", "solo"])
async def test_other_pools_finish_their_page_too_when_they_are_told_to_stop(
    tmp_path: Path, pool: tuple[str, ...]
) -> None:
    async with open_farm(tmp_path, {"main": 600}, market={"latency_ms": 200}) as farm:
        run_id = await farm.begin()
        async with farm.syncs(*pool) as worker:
            await farm.when(run_id, lambda run: run.pages_read > 2)
            worker.send(signal.SIGTERM)
            ended = await worker.ended()
            assert ended.code == 0, ended.err
        run = await farm.run(run_id)
        assert run.status is RunStatus.INTERRUPTED
        farm.market.set(latency_ms=0)
        async with farm.syncs(*pool):
            await farm.completed(run_id)
        assert set(farm.market.page_reads().values()) == {1}


async def test_a_prefork_child_that_is_killed_is_replaced_and_the_run_goes_on_at_once(tmp_path: Path) -> None:
    async with open_farm(tmp_path, {"main": 600}, market={"latency_ms": 100}) as farm:
        run_id = await farm.begin()
        async with farm.syncs("-P", "prefork", "-c", "2"):
            run = await farm.when(run_id, lambda run: run.pages_read > 2)
            assert run.worker is not None
            os.kill(int(run.worker.split(":")[1]), signal.SIGKILL)
            assert (await farm.completed(run_id)).attempt == 2


async def test_two_beats_fire_once_and_the_second_takes_over(tmp_path: Path) -> None:
    async with open_farm(tmp_path, EMAGSYNC_SCHEDULE__ENABLED="true", EMAGSYNC_LOG_LEVEL="info") as farm:
        async with farm.worker(), farm.program("beat") as first, farm.program("beat") as second:
            async with asyncio.timeout(60):
                while not await farm.local.value("SELECT count(*) FROM schedules WHERE name = 'full:main'"):
                    await asyncio.sleep(0.05)
            await make_due(farm, "full:main")
            assert await until_result(farm, "full:main") == "ok"
            async with asyncio.timeout(60):
                while await farm.local.value("SELECT count(*) FROM sync_runs WHERE status = 'completed'") != 1:
                    await asyncio.sleep(0.05)
            # Whichever is active ends, and the other one does what is due then.
            first.send(signal.SIGTERM)
            one = await first.ended()
            assert one.code == 0, one.err
            await farm.local.execute("UPDATE schedules SET last_result = NULL")
            await make_due(farm, "health:main")
            assert await until_result(farm, "health:main") == "ok"
            second.send(signal.SIGTERM)
            other = await second.ended()
        active = [ended.err.count("beat_active") for ended in (one, other)]
        assert sorted(active) in ([0, 1], [1, 1])
        assert await farm.local.value("SELECT count(*) FROM sync_runs") == 1
        assert await farm.local.value("SELECT min(trigger) FROM sync_runs") == "schedule"


async def test_one_of_the_two_nodes_is_not_left_alone(tmp_path: Path) -> None:
    async with open_farm(tmp_path) as farm, farm.worker() as worker:
        run_id = await farm.begin()
        await farm.completed(run_id)
        psutil.Process(worker.process.pid).children()[0].kill()
        assert (await asyncio.wait_for(worker.ended(), 60)).code == 1


async def test_a_worker_that_lost_its_supervisor_stops(tmp_path: Path) -> None:
    async with open_farm(tmp_path) as farm, farm.worker() as worker:
        await farm.completed(await farm.begin())
        children = psutil.Process(worker.process.pid).children(recursive=True)
        worker.process.kill()
        await farm.until(lambda: not any(child.is_running() for child in children))


async def test_runs_are_made_while_redis_is_away_and_done_when_it_is_back(tmp_path: Path) -> None:
    with RedisServer() as redis:
        async with open_farm(tmp_path, redis=redis.url) as farm:
            redis.kill()
            async with farm.program("beat", EMAGSYNC_LOG_LEVEL="warning") as beat:
                run_id = await farm.begin(send=False)
                redis.start()
                async with farm.syncs():
                    await farm.completed(run_id)
                kill_all(beat)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        pytest.param({"EMAGSYNC_EXECUTOR": "celery"}, "EMAGSYNC_REDIS_URL", id="without Redis"),
        pytest.param({}, "EMAGSYNC_EXECUTOR", id="for another executor"),
    ],
)
@pytest.mark.parametrize("command", ["worker", "beat"])
async def test_a_setting_that_is_missing_stops_the_start_with_one_line(
    tmp_path: Path, variables: dict[str, str], said: str, command: str
) -> None:
    ended = await run(command, variables=environment(tmp_path, "http://127.0.0.1:9/api-3", **variables))
    assert ended.code == 2
    assert said in ended.err
    assert len(ended.err.strip().splitlines()) == 1


async def test_an_option_that_celery_does_not_know_is_one_line(tmp_path: Path) -> None:
    async with open_farm(tmp_path) as farm:
        ended = await run("worker", "-Q", "emagsync.syncs", "--no-such-option", variables=farm.variables)
    assert ended.code == 2
    assert "--no-such-option" in ended.err
    assert "Traceback" not in ended.err
