"""Who may start a run, and what becomes of stuck ones. (What runs do is in tests/acceptance.)"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import insert

from emagsync.accounts.errors import AccountIsOff
from emagsync.core.errors import EmagsyncError, SettingsError
from emagsync.sync import repository, run_rows
from emagsync.sync.errors import AccountBusy
from emagsync.sync.schemas import Mode, Progress, Run, RunParameters, RunStatus, Selection
from emagsync.sync.tables import sync_runs
from support.local import Local, open_local, until
from support.market import Market, open_market
from sync.run_rows import a_run

pytestmark = pytest.mark.databases("both", often="sqlite")


@pytest.fixture
async def market() -> AsyncIterator[Market]:
    async with open_market({"main": 30, "fbe": 30}) as market:
        yield market


@pytest.fixture
async def local(tmp_path: Path, market: Market) -> AsyncIterator[Local]:
    async with open_local(tmp_path, market.url, "main", "fbe") as local:
        yield local


async def left_behind(local: Local, run_id: str, *, silent_for: float, **changes: Any) -> Run:
    """A run in the table that wrote its last heartbeat so many seconds ago."""
    at = datetime.now(UTC) - timedelta(seconds=silent_for)
    run = a_run(run_id, created_at=at, heartbeat_at=at, **({"status": RunStatus.RUNNING} | changes))
    async with local.database.transaction() as connection:
        await connection.execute(insert(sync_runs).values(**run_rows.columns_of(run)))
    return run


async def test_an_unknown_account_starts_nothing(local: Local) -> None:
    with pytest.raises(SettingsError, match="EMAG_NOSUCH_USERNAME"):
        await local.sync("nosuch")
    assert await repository.read_runs(local.database) == []


async def test_a_second_run_of_the_account_is_refused_with_the_id_of_the_first(local: Local, market: Market) -> None:
    market.set(latency_ms=600_000)
    first = asyncio.ensure_future(local.sync())
    await until(lambda: market.requests() >= 1)
    with pytest.raises(AccountBusy) as busy:
        await local.sync()
    assert [run.id for run in await repository.read_active_runs(local.database)] == [busy.value.run_id]
    assert busy.value.run_id in str(busy.value)
    await local.service.cancel(busy.value.run_id)
    await first


async def test_of_many_starts_at_once_in_one_process_one_runs(local: Local, market: Market) -> None:
    market.set(latency_ms=100)
    ended = await asyncio.gather(*(local.sync() for _ in range(12)), return_exceptions=True)
    ran = [end for end in ended if isinstance(end, Run)]
    assert [run.status for run in ran] == [RunStatus.COMPLETED]
    assert all(isinstance(end, AccountBusy) for end in ended if not isinstance(end, Run))


async def test_clean_up_fails_the_runs_that_began_too_long_ago_and_says_why(local: Local) -> None:
    await left_behind(local, "stuck", silent_for=1000)
    await left_behind(local, "waiting", silent_for=1000, account="fbe", status=RunStatus.QUEUED)
    # It shows that it lives, and has been at it for too long all the same: one rule for the command and the route.
    began = datetime.now(UTC) - timedelta(seconds=1000)
    await left_behind(local, "alive", silent_for=1, account="third", started_at=began)
    cleaned = await local.service.cleanup(older_than_seconds=900)
    assert {run.id for run in cleaned} == {"stuck", "waiting", "alive"}
    run = await repository.read_run(local.database, "stuck")
    assert (run.status, [error.code for error in run.errors]) == (RunStatus.FAILED, ["stuck"])
    assert run.finished_at is not None
    assert await local.service.cleanup(older_than_seconds=0) == []


async def test_clean_up_leaves_younger_runs_alone(local: Local) -> None:
    await left_behind(local, "young", silent_for=100)
    assert await local.service.cleanup(older_than_seconds=900) == []


async def test_recovery_leaves_runs_that_may_live_elsewhere_alone(local: Local) -> None:
    await left_behind(local, "elsewhere", silent_for=30, worker="other:1:" + "a" * 32)
    await left_behind(local, "silent", silent_for=70, account="fbe", worker="other:1:" + "b" * 32)
    assert [run.id for run in await local.service.recover()] == ["silent"]
    assert (await repository.read_run(local.database, "silent")).status is RunStatus.INTERRUPTED


async def test_an_interrupted_run_older_than_an_hour_is_given_up_for_a_new_one(local: Local) -> None:
    await left_behind(local, "old", silent_for=3700, status=RunStatus.INTERRUPTED)
    run = await local.completed()
    assert run.id != "old"
    assert (await repository.read_run(local.database, "old")).status is RunStatus.FAILED


async def test_an_interrupted_run_is_gone_on_with_even_when_more_time_is_allowed(local: Local) -> None:
    asked = RunParameters(mode=Mode.FULL, items_per_page=50)
    await left_behind(local, "mine", silent_for=100, status=RunStatus.INTERRUPTED, parameters=asked)
    run = await local.completed(per_page=50, timeout_seconds=900)
    assert run.id == "mine"


async def test_progress_only_grows_and_ends_with_everything(local: Local) -> None:
    seen: list[Progress] = []
    run = await local.completed(per_page=5, on_progress=seen.append)
    assert [progress.processed for progress in seen] == sorted(progress.processed for progress in seen)
    assert (seen[-1].processed, seen[-1].phase, seen[-1].total_items) == (30, "finished", 30)
    assert {progress.run_id for progress in seen} == {run.id}


async def test_a_finished_run_tells_its_story(local: Local) -> None:
    run = await local.completed(per_page=10)
    assert (run.created, run.processed, run.pages_read, run.total_items, run.total_pages) == (30, 30, 3, 30, 3)
    assert run.started_at is not None
    assert run.finished_at is not None
    assert run.created_at <= run.started_at <= run.finished_at
    assert run.requests > 4
    assert [page.page for page in await local.ledger(run)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"mode": Mode.SELECTIVE}, id="selective without a selection"),
        pytest.param({"mode": Mode.FULL, "selection": Selection(ids=(1,))}, id="a selection without selective"),
        pytest.param({"items_per_page": 0}, id="no items"),
        pytest.param({"items_per_page": 101}, id="too many items"),
        pytest.param({"max_pages": 0}, id="no pages"),
        pytest.param({"timeout_seconds": 0}, id="no time"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RunParameters(**values)


@pytest.mark.parametrize(
    ("error", "ends_as"),
    [
        pytest.param(SettingsError("the password cannot be read"), RunStatus.FAILED, id="it cannot be"),
        pytest.param(AccountIsOff("main"), RunStatus.CANCELLED, id="its account was switched off before it began"),
    ],
)
async def test_a_run_that_cannot_be_executed_ends_with_the_reason(
    tmp_path: Path, error: EmagsyncError, ends_as: RunStatus
) -> None:
    async with open_market({"main": 3}) as market, open_local(tmp_path, market.url) as local:
        queued = await local.service.queue(["main"], RunParameters(mode=Mode.FULL), trigger="api", sync_id="a-sync")
        [run] = queued.runs
        ended = await local.service.fail(run.id, error)
        assert (ended.status, [one.code for one in ended.errors]) == (ends_as, [error.code])
        # It keeps nobody out.
        await local.completed()
