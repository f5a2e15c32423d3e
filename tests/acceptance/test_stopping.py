"""Promise 6: a run that was told to stop, timed out or was declared stuck writes nothing afterwards."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from emagsync.sync.errors import RunNotActive, RunNotFound
from emagsync.sync.schemas import Run, RunStatus
from emagsync.sync.tables import sync_runs
from support.comparing import compare_with_marketplace, snapshot
from support.databases import rows
from support.local import HastyClock, Local, open_local, until
from support.market import Market, open_market
from support.patience import PATIENCE_SECONDS
from support.program import Program, environment, run

pytestmark = pytest.mark.databases("both", often="sqlite")


@asynccontextmanager
async def slowly(tmp_path: Path, **settings: Any) -> AsyncIterator[tuple[Market, Local]]:
    """230 offers, one page of 10 at a time, each 20 ms."""
    async with (
        open_market({"main": 230}, latency_ms=20) as market,
        open_local(tmp_path, market.url, sync={"pages_in_flight": 1}, **settings) as local,
    ):
        yield market, local


async def goes_on(market: Market, local: Local, stopped: Run) -> Run:
    """The next run reads what the stopped one had not, each page once, and ends exact."""
    stored = {f"{page.page}/{page.size}" for page in await local.ledger(stopped) if page.is_stored and page.items}
    assert stored
    await until(market.is_quiet)
    market.forget()
    market.set(latency_ms=0)
    run = await local.completed(per_page=10)
    assert not stored & market.page_reads().keys()
    assert run.processed == 230
    compare_with_marketplace(local.database, "main", market.truth())
    return run


async def test_a_run_past_its_time_fails_as_timeout_and_the_next_reads_the_unread_pages(tmp_path: Path) -> None:
    async with slowly(tmp_path) as (market, local):
        market.set(latency_ms=60)
        run = await local.sync(per_page=10, timeout_seconds=1)
        assert (run.status, [error.code for error in run.errors]) == (RunStatus.FAILED, ["timeout"])
        assert "--timeout" in run.errors[0].message
        after = await goes_on(market, local, run)
        assert after.resumed_from == run.id


async def test_what_a_timed_out_run_left_is_not_used_after_an_hour(tmp_path: Path) -> None:
    async with slowly(tmp_path) as (market, local):
        market.set(latency_ms=60)
        run = await local.sync(per_page=10, timeout_seconds=1)
        times = [sync_runs.c[name] for name in ("created_at", "started_at", "heartbeat_at", "finished_at")]
        async with local.database.transaction() as connection:
            [row] = await connection.execute(select(*times))
            hour_ago = {name: moment - timedelta(minutes=61) for name, moment in row._mapping.items()}
            await connection.execute(update(sync_runs).values(hour_ago))
        market.set(latency_ms=0)
        after = await local.completed(per_page=10)
        assert after.resumed_from is None
        assert after.id != run.id


async def test_a_run_with_other_parameters_starts_over(tmp_path: Path) -> None:
    async with slowly(tmp_path) as (market, local):
        market.set(latency_ms=60)
        await local.sync(per_page=10, timeout_seconds=1)
        market.set(latency_ms=0)
        after = await local.completed(per_page=50)
        assert after.resumed_from is None
        compare_with_marketplace(local.database, "main", market.truth())


async def test_a_run_that_is_asked_to_stop_is_interrupted_and_the_same_run_goes_on(tmp_path: Path) -> None:
    async with slowly(tmp_path) as (market, local):
        stop = asyncio.Event()
        running = asyncio.ensure_future(local.sync(per_page=10, stop=stop))
        await until(lambda: market.account().reads >= 9)
        stop.set()
        stopped = await running
        assert stopped.status is RunStatus.INTERRUPTED
        after = await goes_on(market, local, stopped)
        assert (after.id, after.attempt) == (stopped.id, 2)


async def test_a_stopped_run_with_another_request_gives_way(tmp_path: Path) -> None:
    async with slowly(tmp_path) as (market, local):
        stop = asyncio.Event()
        running = asyncio.ensure_future(local.sync(per_page=10, stop=stop))
        await until(lambda: market.account().reads >= 5)
        stop.set()
        stopped = await running
        market.set(latency_ms=0)
        after = await local.completed(per_page=100)
        assert after.id != stopped.id
        assert await local.value("SELECT status FROM sync_runs WHERE id = :id", id=stopped.id) == "failed"
        compare_with_marketplace(local.database, "main", market.truth())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
async def test_a_signal_ends_the_program_with_130_and_the_run_goes_on_later(
    tmp_path: Path, number: signal.Signals
) -> None:
    arguments = ("sync", "main", "--mode", "full", "--items-per-page", "10")
    async with open_market({"main": 230}, latency_ms=100) as market:
        variables = environment(tmp_path, market.url)
        async with Program(arguments, variables) as program:
            await until(lambda: market.account().reads >= 12)
            program.send(number)
            ended = await program.ended()
        assert ended.code == 130, ended
        assert "Traceback" not in ended.err
        [stopped] = rows(tmp_path, "SELECT id, status FROM sync_runs")
        stored = {
            f"{row['page']}/10"
            for row in rows(tmp_path, "SELECT page FROM sync_pages WHERE status = 'stored' AND items > 0")
        }
        assert stopped["status"] == "interrupted"
        assert len(stored) >= 10
        await until(market.is_quiet)
        market.forget()
        market.set(latency_ms=0)
        ended = await run(*arguments, variables=variables)
        assert ended.code == 0, ended
        assert not stored & market.page_reads().keys()
        assert rows(tmp_path, "SELECT id, status FROM sync_runs") == [{**stopped, "status": "completed"}]
        compare_with_marketplace(tmp_path, "main", market.truth())


async def test_two_signals_end_the_program_at_once(tmp_path: Path) -> None:
    async with open_market({"main": 230}, latency_ms=600_000) as market:
        variables = environment(tmp_path, market.url)
        async with Program(("sync", "main"), variables) as program:
            await until(lambda: market.requests() >= 1)
            program.send(signal.SIGINT)
            program.send(signal.SIGINT)
            ended = await program.ended()
        assert ended.code == 130, ended
        assert "Traceback" not in ended.err


async def cancelled(local: Local, run_id: str) -> None:
    await local.service.cancel(run_id)


async def cleaned_up(local: Local, run_id: str) -> None:
    assert [run.id for run in await local.service.cleanup(older_than_seconds=0)] == [run_id]


async def fence_raised(local: Local, run_id: str) -> None:
    await local.execute("UPDATE sync_runs SET fence = fence + 1 WHERE id = :id", id=run_id)


@pytest.mark.parametrize(
    ("revoke", "status"),
    [
        pytest.param(cancelled, RunStatus.CANCELLED, id="cancelled by another process"),
        pytest.param(cleaned_up, RunStatus.FAILED, id="cleaned up as stuck"),
        pytest.param(fence_raised, RunStatus.RUNNING, id="taken over"),
    ],
)
async def test_a_run_that_was_taken_away_writes_nothing_afterwards(
    tmp_path: Path, revoke: Callable[[Local, str], Awaitable[None]], status: RunStatus
) -> None:
    async with (
        slowly(tmp_path) as (market, local),
        # Another process, as far as the database can tell.
        open_local(tmp_path, market.url) as other,
    ):
        running = asyncio.ensure_future(local.sync(per_page=10))
        await until(lambda: market.account().reads >= 9)
        run_id = await other.value("SELECT id FROM sync_runs")
        await revoke(other, run_id)
        at_that_moment = await everything(other)
        asked = market.requests()
        ended = await running
        assert (ended.id, ended.status) == (run_id, status)
        assert await everything(other) == at_that_moment
        await until(market.is_quiet)
        assert market.requests() - asked <= 2  # it did not go on reading either


async def everything(local: Local) -> list[Any]:
    """All rows of all tables that a run writes."""
    tables = ("offers", "offer_payloads", "offer_changes", "sync_pages", "sync_runs")
    return [await local.rows(f"SELECT * FROM {table}") for table in tables]


async def test_a_holder_that_only_waits_for_emag_also_learns_that_it_was_cancelled(tmp_path: Path) -> None:
    async with slowly(tmp_path, clock=HastyClock()) as (market, local):
        market.set(latency_ms=600_000)
        running = asyncio.ensure_future(local.sync())
        await until(lambda: market.requests() >= 1)
        await local.service.cancel(await local.value("SELECT id FROM sync_runs"))
        assert (await running).status is RunStatus.CANCELLED


async def test_a_run_that_waits_for_emag_gives_signs_of_life(tmp_path: Path) -> None:
    async with slowly(tmp_path, clock=HastyClock()) as (market, local):
        market.set(latency_ms=600_000)
        running = asyncio.ensure_future(local.sync())
        await until(lambda: market.requests() >= 1)
        first = await local.value("SELECT heartbeat_at FROM sync_runs")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await local.value("SELECT heartbeat_at FROM sync_runs") == first:
                await asyncio.sleep(0.01)
        assert await local.service.cleanup(older_than_seconds=30) == []
        await local.service.cancel(await local.value("SELECT id FROM sync_runs"))
        await running


async def test_a_run_that_has_ended_cannot_be_cancelled_and_an_unknown_one_neither(tmp_path: Path) -> None:
    async with open_market({"main": 30}) as market, open_local(tmp_path, market.url) as local:
        ended = await local.completed()
        with pytest.raises(RunNotActive):
            await local.service.cancel(ended.id)
        with pytest.raises(RunNotFound):
            await local.service.cancel("no-such-run")


async def test_after_a_cancelled_run_the_account_is_free_and_the_next_run_exact(tmp_path: Path) -> None:
    async with slowly(tmp_path) as (market, local):
        running = asyncio.ensure_future(local.sync(per_page=10))
        await until(lambda: market.account().reads >= 9)
        await local.service.cancel(await local.value("SELECT id FROM sync_runs"))
        assert (await running).status is RunStatus.CANCELLED
        market.set(latency_ms=0)
        after = await local.completed(per_page=10)
        assert after.resumed_from is None
        compare_with_marketplace(local.database, "main", market.truth())
        assert set(snapshot(local.database)["changes"].values()) == {1}
