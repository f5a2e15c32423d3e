"""Issue 2: one run per account at a time, whoever starts it; the runs of the dead are taken over."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from emagsync.sync.errors import AccountBusy
from emagsync.sync.schemas import Run, RunStatus
from emagsync.sync.tables import sync_runs
from support.comparing import compare_with_marketplace
from support.local import Local, open_local, until
from support.market import Market, open_market
from support.program import Program, environment

pytestmark = pytest.mark.databases("both", often="sqlite")

SYNC = ("sync", "main", "--mode", "full", "--items-per-page", "5")
ELSEWHERE = "another-machine:12:0123456789abcdef0123456789abcdef"


@pytest.mark.often(first=1)
@pytest.mark.databases("both", first=1)
@pytest.mark.parametrize("batch", range(5))
async def test_of_two_processes_that_start_at_once_one_runs_and_the_other_exits_4_naming_it(
    tmp_path: Path, batch: int
) -> None:
    for place in range(2):
        folder = tmp_path / f"{batch}-{place}"
        folder.mkdir()
        async with open_market({"main": 100}, latency_ms=800) as market:
            variables = environment(folder, market.url)
            async with Program(SYNC, variables) as one, Program(SYNC, variables) as other:
                await until(lambda one=one, other=other: not (one.is_running and other.is_running))
                market.set(latency_ms=0)
                busy, ran = sorted([await one.ended(), await other.ended()], key=lambda ended: -ended.code)
            assert (busy.code, ran.code) == (4, 0), (busy, ran)
            assert market.page_reads()["10/5"] == 1
            async with open_local(folder, market.url) as local:
                [run_id] = [row["id"] for row in await local.rows("SELECT id FROM sync_runs")]
                assert run_id in busy.err
                assert "Traceback" not in busy.err
                compare_with_marketplace(local.database, "main", market.truth())


async def left_running(local: Local, market: Market, *, worker: str, silent_for: float) -> Run:
    """A run with some pages stored whose row says that `worker` carries it."""
    stop = asyncio.Event()
    sync = asyncio.ensure_future(local.sync(per_page=10, stop=stop))
    await until(lambda: market.account().reads >= 5)
    stop.set()
    run = await sync
    assert run.status is RunStatus.INTERRUPTED
    moment = datetime.now(UTC) - timedelta(seconds=silent_for)
    as_left = {"status": RunStatus.RUNNING, "worker": worker}
    as_left |= dict.fromkeys(("heartbeat_at", "started_at", "created_at"), moment)
    async with local.database.transaction() as connection:
        await connection.execute(update(sync_runs).where(sync_runs.c.id == run.id).values(as_left))
    return run


async def test_a_run_on_another_machine_is_left_alone_while_its_heartbeat_is_young(tmp_path: Path) -> None:
    async with open_market({"main": 200}, latency_ms=20) as market, open_local(tmp_path, market.url) as local:
        left = await left_running(local, market, worker=ELSEWHERE, silent_for=50)
        with pytest.raises(AccountBusy) as busy:
            await local.sync(per_page=10)
        assert busy.value.run_id == left.id
        assert await local.service.recover() == []


async def test_a_run_on_another_machine_is_taken_over_when_its_heartbeat_is_60_s_old(tmp_path: Path) -> None:
    async with open_market({"main": 200}, latency_ms=20) as market, open_local(tmp_path, market.url) as local:
        left = await left_running(local, market, worker=ELSEWHERE, silent_for=61)
        run = await local.completed(per_page=10)
        assert (run.id, run.attempt) == (left.id, left.attempt + 1)
        compare_with_marketplace(local.database, "main", market.truth())


async def test_a_run_whose_process_died_on_this_machine_is_taken_over_at_once(tmp_path: Path) -> None:
    async with open_market({"main": 200}, latency_ms=50) as market:
        async with Program(SYNC, environment(tmp_path, market.url)) as program:
            await until(lambda: market.account().reads >= 10)
            program.process.kill()
            await program.ended()
        async with open_local(tmp_path, market.url) as local:
            [dead] = await local.rows("SELECT id, status, attempt FROM sync_runs")
            assert (dead["status"], dead["attempt"]) == ("running", 1)
            run = await local.completed(per_page=5)
            assert (run.id, run.attempt) == (dead["id"], 2)
            compare_with_marketplace(local.database, "main", market.truth())


async def test_recovery_marks_the_runs_of_the_dead_and_no_others(tmp_path: Path) -> None:
    async with (
        open_market({"main": 200, "fbe": 200}, latency_ms=50) as market,
        open_local(tmp_path, market.url, "main", "fbe") as local,
    ):
        async with Program(SYNC, environment(tmp_path, market.url)) as program:
            await until(lambda: market.account("main").reads >= 5)
            program.process.kill()
            await program.ended()
        alive = asyncio.ensure_future(local.sync("fbe", per_page=10))
        await until(lambda: market.account("fbe").reads >= 1)
        recovered = await local.service.recover()
        assert [run.account for run in recovered] == ["main"]
        assert await local.value("SELECT status FROM sync_runs WHERE account = 'main'") == "interrupted"
        assert (await alive).status is RunStatus.COMPLETED


async def test_runs_of_two_accounts_do_not_wait_for_each_other(tmp_path: Path) -> None:
    async with (
        open_market({"main": 200, "fbe": 200}, latency_ms=20) as market,
        open_local(tmp_path, market.url, "main", "fbe") as local,
    ):
        market.fault(kind="timeout", account="main")
        main = asyncio.ensure_future(local.sync("main"))
        assert (await local.sync("fbe")).status is RunStatus.COMPLETED
        assert not main.done()
        main.cancel()
        await asyncio.gather(main, return_exceptions=True)
        assert await local.value("SELECT status FROM sync_runs WHERE account = 'main'") == "interrupted"
