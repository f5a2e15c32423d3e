"""`emagsync worker` and `emagsync beat`, as real processes."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy import update

from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.core.settings import Settings
from emagsync.entrypoints.worker.app import make_app
from emagsync.entrypoints.worker.process import WorkerProcess
from emagsync.entrypoints.worker.task_names import SYNC_PRODUCTS
from emagsync.entrypoints.worker.tasks import register
from emagsync.offers.tables import offers
from emagsync.sync.freshness import repository as freshness_repository
from emagsync.sync.freshness.repository import StoredTarget
from emagsync.sync.schedule import repository
from emagsync.sync.schemas import RunStatus
from emagsync.sync.tables import sync_runs
from support.comparing import compare_with_marketplace
from support.patience import PATIENCE_SECONDS
from support.program import environment, run
from support.servers import RedisServer
from support.workplace import Workplace, kill_all, open_workplace

pytestmark = pytest.mark.databases("postgresql")

SCALING = Path(__file__).parents[3] / "docs" / "scaling.md"
DOCUMENTED_CLIENT = re.compile(r"```python\n(.*?)```", re.DOTALL)
LONG = {"latency_ms": 1500}


async def make_due(workplace: Workplace, job: str) -> None:
    """Let the schedule have that job due now."""
    async with workplace.local.database.transaction() as connection:
        await repository.change(connection, job, {"next_run_at": datetime(2026, 1, 1, tzinfo=UTC)})


async def last_result(workplace: Workplace, job: str) -> str | None:
    result: str | None = await workplace.local.value("SELECT last_result FROM schedules WHERE name = :job", job=job)
    return result


async def until_result(workplace: Workplace, job: str, *, seconds: float = 60) -> str:
    async with asyncio.timeout(seconds):
        while (result := await last_result(workplace, job)) is None:
            await asyncio.sleep(0.05)
    return result


async def test_a_sync_in_a_worker_that_is_stopped_by_a_person_lets_the_next_one_begin_within_3_seconds(
    tmp_path: Path,
) -> None:
    async with (
        open_workplace(tmp_path, {"main": 2000}, market={"latency_ms": 100}) as workplace,
        workplace.syncs("-c", "1"),
    ):
        first = await workplace.begin()
        await workplace.when(first, lambda run: run.pages_read > 0)
        await workplace.local.service.cancel(first)
        second = await workplace.begin()
        # There is one slot, and the first run has to leave it.
        await workplace.when(second, lambda run: run.status is RunStatus.RUNNING, seconds=3)
        assert (await workplace.run(first)).status is RunStatus.CANCELLED


async def test_short_work_does_not_wait_for_catalogues(tmp_path: Path) -> None:
    accounts = {"main": 300, "fbe": 300, "third": 300}
    async with (
        open_workplace(tmp_path, accounts, market=LONG, EMAGSYNC_WORKER__RUNS="2") as workplace,
        workplace.worker(),
    ):
        runs = [await workplace.begin(name) for name in accounts]
        for run_id in runs[:2]:
            await workplace.when(run_id, lambda run: run.status is RunStatus.RUNNING)
        await workplace.queue.send_task("emag.health_check", "third")
        assert await until_result(workplace, "health:third") == "ok"
        statuses = [(await workplace.run(run_id)).status for run_id in runs]
        assert statuses == [RunStatus.RUNNING, RunStatus.RUNNING, RunStatus.QUEUED]


@pytest.mark.thorough
@pytest.mark.parametrize("pool", [("-P", "prefork", "-c", "2"), ("-P", "solo")], ids=["prefork", "solo"])
async def test_other_pools_finish_their_page_too_when_they_are_told_to_stop(
    tmp_path: Path, pool: tuple[str, ...]
) -> None:
    async with open_workplace(tmp_path, {"main": 600}, market={"latency_ms": 200}) as workplace:
        run_id = await workplace.begin()
        async with workplace.syncs(*pool) as worker:
            await workplace.when(run_id, lambda run: run.pages_read > 2)
            worker.send(signal.SIGTERM)
            ended = await worker.ended()
            assert ended.code == 0, ended.err
        run = await workplace.run(run_id)
        assert run.status is RunStatus.INTERRUPTED
        workplace.market.set(latency_ms=0)
        async with workplace.syncs(*pool):
            await workplace.completed(run_id)
        assert set(workplace.market.page_reads().values()) == {1}


async def test_a_prefork_child_that_is_killed_is_replaced_and_the_run_goes_on_at_once(tmp_path: Path) -> None:
    async with open_workplace(tmp_path, {"main": 600}, market={"latency_ms": 100}) as workplace:
        run_id = await workplace.begin()
        async with workplace.syncs("-P", "prefork", "-c", "2"):
            run = await workplace.when(run_id, lambda run: run.pages_read > 2)
            assert run.worker is not None
            os.kill(int(run.worker.split(":")[1]), signal.SIGKILL)
            assert (await workplace.completed(run_id)).attempt == 2


async def test_a_plain_celery_client_with_the_documented_lines_has_a_run_carried_out(tmp_path: Path) -> None:
    async with open_workplace(tmp_path, {"main": 40}) as workplace, workplace.worker():
        run_id = await workplace.begin(send=False)
        lines = DOCUMENTED_CLIENT.search(SCALING.read_text(encoding="utf-8"))
        assert lines is not None
        example = lines[1].replace("redis://127.0.0.1:6379/0", workplace.variables["EMAGSYNC_REDIS_URL"])
        await asyncio.to_thread(exec, example, {"run_id": run_id})
        assert (await workplace.completed(run_id)).attempt == 1
        assert await until_result(workplace, "health:main") == "ok"


def test_a_runs_message_without_limits_may_take_as_long_as_the_longest_run() -> None:
    settings = Settings(_env_file=None, redis_url="redis://127.0.0.1:1/0")  # type: ignore[call-arg]
    app = make_app(settings)
    register(app, WorkerProcess(settings, ConfiguredAccounts({}, {}), app))
    task = app.tasks[SYNC_PRODUCTS]
    assert 86_400 < task.soft_time_limit < task.time_limit


@pytest.mark.thorough
async def test_two_beats_fire_once_and_the_second_takes_over(tmp_path: Path) -> None:
    async with open_workplace(tmp_path, EMAGSYNC_SCHEDULE__ENABLED="true", EMAGSYNC_LOG_LEVEL="info") as workplace:
        async with workplace.worker(), workplace.program("beat") as first, workplace.program("beat") as second:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await workplace.local.value("SELECT count(*) FROM schedules WHERE name = 'full:main'"):
                    await asyncio.sleep(0.05)
            await make_due(workplace, "full:main")
            assert await until_result(workplace, "full:main") == "ok"
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await workplace.local.value("SELECT count(*) FROM sync_runs WHERE status = 'completed'") != 1:
                    await asyncio.sleep(0.05)
            # Whichever is active ends, and the other one does what is due then.
            first.send(signal.SIGTERM)
            one = await first.ended()
            assert one.code == 0, one.err
            await workplace.local.execute("UPDATE schedules SET last_result = NULL")
            await make_due(workplace, "health:main")
            assert await until_result(workplace, "health:main") == "ok"
            second.send(signal.SIGTERM)
            other = await second.ended()
        active = [ended.err.count("beat_active") for ended in (one, other)]
        assert sorted(active) in ([0, 1], [1, 1])
        assert await workplace.local.value("SELECT count(*) FROM sync_runs") == 1
        assert await workplace.local.value("SELECT min(trigger) FROM sync_runs") == "schedule"


async def test_offers_that_are_about_to_be_too_old_are_read_by_a_worker(tmp_path: Path) -> None:
    async with open_workplace(tmp_path, {"main": 40}, EMAGSYNC_SCHEDULE__ENABLED="true") as workplace:
        local = workplace.local
        await local.completed()
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        async with local.database.transaction() as connection:
            await freshness_repository.replace(connection, "main", [StoredTarget("main", 0, "{}", 1800)])
            await connection.execute(update(offers).values(last_seen_at=long_ago))
            await connection.execute(update(sync_runs).values(started_at=long_ago))
        workplace.market.change("change", ids=[7], set={"sale_price": "77.5000"})
        async with workplace.worker(), workplace.program("beat"):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await local.value("SELECT count(*) FROM schedules WHERE name = 'freshness:main'"):
                    await asyncio.sleep(0.05)
            await make_due(workplace, "freshness:main")
            assert await until_result(workplace, "freshness:main") == "ok"
            run_id = await local.value("SELECT id FROM sync_runs WHERE trigger = 'freshness'")
            run = await workplace.completed(run_id)
        # Read by a worker, not by the beat or this process, and once.
        assert run.worker not in (None, local.workers.name)
        assert await local.value("SELECT count(*) FROM sync_runs WHERE trigger = 'freshness'") == 1
        assert await local.value("SELECT count(*) FROM offers WHERE last_seen_run = :run", run=run_id) == 40
        compare_with_marketplace(local.database, "main", workplace.market.truth())


async def test_one_of_the_two_nodes_is_not_left_alone(tmp_path: Path) -> None:
    async with open_workplace(tmp_path) as workplace, workplace.worker() as worker:
        run_id = await workplace.begin()
        await workplace.completed(run_id)
        psutil.Process(worker.process.pid).children()[0].kill()
        assert (await asyncio.wait_for(worker.ended(), PATIENCE_SECONDS)).code == 1


async def test_a_worker_that_lost_its_supervisor_stops(tmp_path: Path) -> None:
    async with open_workplace(tmp_path) as workplace, workplace.worker() as worker:
        await workplace.completed(await workplace.begin())
        children = psutil.Process(worker.process.pid).children(recursive=True)
        worker.process.kill()
        await workplace.until(lambda: not any(child.is_running() for child in children))


@pytest.mark.thorough
async def test_runs_are_made_while_redis_is_away_and_done_when_it_is_back(tmp_path: Path) -> None:
    with RedisServer() as redis:
        async with open_workplace(tmp_path, redis=redis.url) as workplace:
            redis.kill()
            async with workplace.program("beat", EMAGSYNC_LOG_LEVEL="warning") as beat:
                run_id = await workplace.begin(send=False)
                redis.start()
                async with workplace.syncs():
                    await workplace.completed(run_id)
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


@pytest.mark.parametrize("queues", [(), ("-Q", "emagsync.syncs")], ids=["two nodes", "one node"])
async def test_an_option_that_celery_does_not_know_is_one_line(tmp_path: Path, queues: tuple[str, ...]) -> None:
    async with open_workplace(tmp_path) as workplace:
        ended = await run("worker", *queues, "--no-such-option", variables=workplace.variables)
    assert ended.code == 2, ended.err
    assert "--no-such-option" in ended.err
    assert "Traceback" not in ended.err
    assert "unexpected" not in ended.err


async def test_a_worker_that_is_told_to_stop_while_it_starts_ends_quietly(tmp_path: Path) -> None:
    async with open_workplace(tmp_path) as workplace, workplace.worker() as worker:
        process = psutil.Process(worker.process.pid)
        await workplace.until(lambda: len(process.children()) == 2)
        worker.send(signal.SIGTERM)
        ended = await worker.ended()
    assert ended.code == 0, ended.err
    assert "unexpected" not in ended.err
    assert "Traceback" not in ended.err


async def test_a_worker_that_cannot_trace_as_it_should_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "opentelemetry.py").write_text("raise ImportError('not installed')")
    variables = {"PYTHONPATH": str(tmp_path), "EMAGSYNC_TRACING__ENDPOINT": "http://127.0.0.1:1"}
    async with open_workplace(tmp_path) as workplace:
        ended = await run("worker", variables=workplace.variables | variables)
    assert ended.code == 2, ended.err
    assert "emagsync[tracing]" in ended.err


async def test_messages_that_make_no_sense_are_told_in_one_line_each(tmp_path: Path) -> None:
    async with open_workplace(tmp_path) as workplace, workplace.worker() as worker:
        await workplace.queue.send_task("emag.sync_account", "main", "no-such-mode")
        await workplace.queue.send_task("emag.health_check")
        await workplace.queue.send_task("emag.scheduled", "no-such-job")
        await workplace.queue.send_task("emag.health_check", "main")
        assert await until_result(workplace, "health:main") == "ok"
        worker.send(signal.SIGTERM)
        ended = await worker.ended()
    assert ended.err.count("message_not_understood") == 2, ended.err
    assert "no-such-job" in ended.err
    assert "Traceback" not in ended.err
