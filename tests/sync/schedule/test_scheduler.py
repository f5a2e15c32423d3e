"""The schedule: what is due when, and that nothing is done twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.core.settings import ScheduleSettings
from emagsync.sync.errors import AccountBusy
from emagsync.sync.schedule.jobs import JobKind, next_time, planned_jobs
from emagsync.sync.schedule.scheduler import Action, Done, ScheduleNotFound, Scheduler
from support.clocks import ForwardClock
from support.local import Local, open_local
from support.market import Market, open_market

pytestmark = pytest.mark.databases("both")

HOUR = 3600


class Work:
    """Counts what is done; a job in `busy` or `broken` is not."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.busy: set[str] = set()
        self.again: dict[str, datetime] = {}  # jobs that want to be done again then

    def by_kind(self) -> dict[JobKind, Action]:
        def action(kind: JobKind) -> Action:
            async def do(account: str | None) -> str | Done:
                name = kind.value if account is None else f"{kind}:{account}"
                if name in self.busy:
                    raise AccountBusy(account or "", "another-run")
                self.done.append(name)
                await asyncio.sleep(0)
                return Done("fine", self.again[name]) if name in self.again else "fine"

            return do

        return {kind: action(kind) for kind in JobKind}


@pytest.fixture
async def market() -> AsyncIterator[Market]:
    async with open_market({"main": 3}) as running:
        yield running


@pytest.fixture
async def local(tmp_path: Path, market: Market) -> AsyncIterator[Local]:
    async with open_local(tmp_path, market.url) as opened:
        yield opened


def scheduler(local: Local, work: Work, clock: ForwardClock, **settings: int | bool) -> Scheduler:
    return Scheduler(
        database=local.database,
        settings=ScheduleSettings.model_validate(settings),
        accounts=lambda: ("main", "fbe"),
        actions=work.by_kind(),
        clock=clock,
        rng=random.Random(1),
    )


async def test_nothing_is_due_at_first_and_each_job_after_its_interval(local: Local) -> None:
    clock, work = ForwardClock(), Work()
    plan = scheduler(local, work, clock)
    assert await plan.do_due() == []
    clock.forward(minutes=7)
    assert await plan.do_due() == ["sources", "cleanup"]
    clock.forward(minutes=11)
    assert set(await plan.do_due()) == {
        "sources",
        "cleanup",
        "health:main",
        "health:fbe",
        "freshness:main",
        "freshness:fbe",
    }
    clock.forward(minutes=62 - 18)
    assert {"incremental:main", "incremental:fbe"} <= set(await plan.do_due())
    clock.forward(hours=24)
    assert {"full:main", "full:fbe", "prune"} <= set(await plan.do_due())


async def test_what_was_missed_for_days_is_done_once(local: Local) -> None:
    clock, work = ForwardClock(), Work()
    plan = scheduler(local, work, clock)
    await plan.do_due()
    clock.forward(days=9)
    assert len(await plan.do_due()) == len(await plan.all())
    assert await plan.do_due() == []
    assert sorted(work.done) == sorted(set(work.done))


async def test_two_schedulers_never_do_the_same_job_twice(tmp_path: Path, market: Market) -> None:
    clock, works = ForwardClock(), [Work(), Work()]
    async with AsyncExitStack() as stack:
        both = [await stack.enter_async_context(open_local(tmp_path, market.url)) for _ in works]
        plans = [scheduler(local, work, clock) for local, work in zip(both, works, strict=True)]
        await plans[0].do_due()
        for _ in range(5):
            clock.forward(days=2)
            await asyncio.gather(*(plan.do_due() for plan in plans for _ in range(3)))
        done = [name for work in works for name in work.done]
        names = [one.job.name for one in await plans[0].all()]
        assert sorted(done) == sorted(names * 5)


async def test_a_busy_account_is_tried_again_soon(local: Local) -> None:
    clock, work = ForwardClock(), Work()
    work.busy.add("full:main")
    plan = scheduler(local, work, clock)
    await plan.do_due()
    clock.forward(hours=25)
    await plan.do_due()
    one = await plan.find("full:main")
    assert one.row.last_result == "busy"
    assert one.row.next_run_at - clock.now() <= timedelta(minutes=5)
    work.busy.clear()
    clock.forward(minutes=6)
    assert "full:main" in await plan.do_due()
    assert (await plan.find("full:main")).row.last_result == "ok"


async def test_a_job_may_be_due_before_its_interval_is_over_but_never_after_it(local: Local) -> None:
    clock, work = ForwardClock(), Work()
    plan = scheduler(local, work, clock)
    await plan.do_due()
    for minutes, expected in ((3, 3), (600, 16)):
        work.again["freshness:main"] = clock.now() + timedelta(minutes=minutes)
        await plan.do("freshness:main")
        before = clock.now()
        clock.forward(minutes=expected, seconds=2)
        assert "freshness:main" in await plan.do_due(), minutes
        assert (await plan.find("freshness:main")).row.last_run_at > before


async def test_settings_and_people_turn_jobs_on_and_off(local: Local) -> None:
    clock, work = ForwardClock(), Work()
    plan = scheduler(local, work, clock, incremental_minutes=0, sources_minutes=0)
    assert not (await plan.find("incremental:main")).enabled
    await plan.change("incremental:main", {"enabled": True, "interval_seconds": 600})
    await plan.change("cleanup", {"enabled": False})
    clock.forward(minutes=12)
    assert await plan.do_due() == ["incremental:main"]
    changed = await plan.change("incremental:main", {"enabled": None, "interval_seconds": None})
    assert not changed.enabled
    clock.forward(days=3)
    assert not {"incremental:main", "cleanup"} & set(await plan.do_due())
    with pytest.raises(ScheduleNotFound):
        await plan.change("incremental:elsewhere", {"enabled": True})


async def test_a_schedule_that_is_off_does_nothing(local: Local) -> None:
    clock, work = ForwardClock(), Work()
    plan = scheduler(local, work, clock, enabled=False)
    await plan.all()
    clock.forward(days=3)
    assert await plan.do_due() == []


@given(
    now=st.integers(0, 2**31).map(lambda at: datetime.fromtimestamp(at, UTC)),
    seconds=st.integers(60, 31 * 86_400),
    seed=st.integers(),
)
def test_the_next_time_is_about_an_interval_away_at_an_odd_second(now: datetime, seconds: int, seed: int) -> None:
    due = next_time(now, seconds, random.Random(seed))
    assert now < due
    assert abs((due - now).total_seconds() - seconds) <= 120
    assert due.second % 2 == 1
    assert 5 <= due.second <= 55


def test_each_account_has_its_own_jobs() -> None:
    names = [job.name for job in planned_jobs(ScheduleSettings(), ["main", "fbe"])]
    assert names == [
        "incremental:main",
        "incremental:fbe",
        "full:main",
        "full:fbe",
        "health:main",
        "health:fbe",
        "freshness:main",
        "freshness:fbe",
        "sources",
        "cleanup",
        "prune",
    ]
