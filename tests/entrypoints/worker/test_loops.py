"""Issue 5: Celery over an async database. The trap is kept here, so that it stays understood."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from entrypoints.worker.node import RESULTS
from support.patience import PATIENCE_SECONDS
from support.processes import AsyncProcess
from support.workplace import Workplace, open_workplace

pytestmark = pytest.mark.databases("postgresql")

NODE = Path(__file__).with_name("node.py")


@asynccontextmanager
async def node(workplace: Workplace, *options: str, **variables: str) -> AsyncIterator[AsyncProcess]:
    """A worker that has the tests' tasks; told to stop, and waited for, at the end."""
    process = await AsyncProcess.start(*options, script=NODE, env=workplace.variables | variables)
    said = asyncio.ensure_future(process.communicate())
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(asyncio.shield(said), PATIENCE_SECONDS)
        except TimeoutError:
            process.kill()
            await said
            raise
        sys.stderr.write(said.result()[1].decode())


async def results(workplace: Workplace, count: int) -> Counter[str]:
    """How that many tasks went."""
    client: Any = Redis.from_url(workplace.variables["EMAGSYNC_REDIS_URL"], decode_responses=True)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await client.llen(RESULTS) < count:
                await asyncio.sleep(0.05)
        return Counter(await client.lrange(RESULTS, 0, -1))
    finally:
        await client.aclose()


async def connections(workplace: Workplace) -> int:
    """How many others are connected to the database."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    return int(await workplace.local.value(query))


async def send(workplace: Workplace, run_id: str, *tasks: str, times: int) -> None:
    for _ in range(times):
        for task in tasks:
            await workplace.queue.send_task(task, run_id)


@pytest.mark.thorough
@pytest.mark.often(first=1)
@pytest.mark.parametrize(
    "pool",
    [
        pytest.param(("-P", "prefork", "-c", "2"), id="two prefork processes"),
        pytest.param(("-P", "threads", "-c", "4"), id="threads"),
        pytest.param(("-P", "solo"), id="solo"),
    ],
)
async def test_200_short_tasks_are_all_right_and_leave_no_connection_behind(tmp_path: Path, pool: tuple[str]) -> None:
    async with open_workplace(tmp_path) as workplace:
        run_id = await workplace.begin(send=False)
        before = await connections(workplace)
        async with node(workplace, *pool, "-Q", "emagsync.short"):
            await send(workplace, run_id, "test.read_and_write", "test.roll_back", times=100)
            assert await results(workplace, 200) == {"ok": 200}
            # Those of the pools, and no more with every task.
            assert await connections(workplace) <= before + 20
        assert await connections(workplace) <= before
        assert await workplace.local.value("SELECT count(*) FROM sync_runs WHERE account = 'never'") == 0


async def test_a_loop_for_each_task_and_an_engine_of_the_module_fail(tmp_path: Path) -> None:
    async with open_workplace(tmp_path) as workplace:
        run_id = await workplace.begin(send=False)
        async with node(workplace, "-P", "prefork", "-c", "2", "-Q", "emagsync.short"):
            await send(workplace, run_id, "test.naive", times=20)
            said = await results(workplace, 20)
    wrong = {name: count for name, count in said.items() if name != "ok"}
    # The first of each process makes its connection in a loop that is gone when the next one asks for it.
    assert sum(wrong.values()) >= 18, said
    assert any("loop" in name for name in wrong), said


async def test_a_row_of_a_session_that_was_rolled_back_cannot_be_read_even_without_a_pool(tmp_path: Path) -> None:
    async with open_workplace(tmp_path) as workplace:
        run_id = await workplace.begin(send=False)
        async with node(workplace, "-P", "prefork", "-c", "2", "-Q", "emagsync.short"):
            await send(workplace, run_id, "test.naive_session", times=5)
            said = await results(workplace, 5)
    assert all(name.startswith("MissingGreenlet") for name in said), said


async def test_a_message_that_comes_again_while_its_run_is_carried_writes_nothing_twice(tmp_path: Path) -> None:
    async with open_workplace(tmp_path, {"main": 400}, market={"latency_ms": 400}) as workplace:
        run_id = await workplace.begin()
        # The broker gives the message to somebody else when it is two seconds old: more than once.
        async with node(workplace, "-P", "threads", "-c", "8", "-Q", "emagsync.syncs", TEST_VISIBILITY="2"):
            for _ in range(5):
                await workplace.queue.send(run_id, timeout_seconds=600)
            run = await workplace.completed(run_id)
        assert run.attempt == 1
        assert set(workplace.market.page_reads().values()) == {1}
        assert await workplace.local.value("SELECT count(*) FROM offer_changes") == 400
