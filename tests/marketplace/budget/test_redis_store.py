"""A budget in a real Redis: shared by machines, exact under contention, and safe when Redis comes and goes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from pathlib import Path

import pytest
from redis.asyncio import Redis

from emagsync.core.clock import SystemClock
from emagsync.marketplace import Budget, RouteGroup
from emagsync.marketplace.budget.clock_offset import SteadyTime
from emagsync.marketplace.budget.fallback_share import Machine, Patience
from emagsync.marketplace.budget.redis_heartbeat import RedisLink
from support.servers import RedisServer

CALLER = ContextVar("caller", default="nobody")
GENERAL = RouteGroup.GENERAL
EANS = RouteGroup.EANS
QUICK = Patience(beat=0.05, cut_off=0.5, opens_after=1.0, settles_after=0.3, forgotten_after=600.0, lease=0.6)


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@asynccontextmanager
async def budget_on(
    redis: RedisServer, folder: Path, key: str = "shop", *, patience: Patience = QUICK
) -> AsyncIterator[Budget]:
    """A budget of one process of the machine `folder`."""
    link = RedisLink(redis.url, folder, patience=patience)
    budget = Budget.on_redis(link, folder, key)
    try:
        yield budget
    finally:
        await budget.aclose()
        await link.aclose()


async def take_all(budget: Budget, group: RouteGroup = GENERAL) -> int:
    """How many requests may start right now."""
    count = 0
    while not isinstance(outcome := await budget.take(group), float):
        await budget.record_sent(group, outcome, 0.0)
        count += 1
    return count


async def until_some(budget: Budget, *, seconds: float = 30.0) -> int:
    """How many may start in the first moment that any may."""
    async with asyncio.timeout(seconds):
        while not (count := await take_all(budget)):
            await asyncio.sleep(0.01)
    return count


async def test_two_machines_share_the_slots_and_the_first_use_does_not_burst(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with budget_on(redis, tmp_path / "a") as first, budget_on(redis, tmp_path / "b") as second:
        assert await take_all(first) == 0
        assert await until_some(first) == 3
        assert await take_all(second) == 0
        await until_there_are(second, 3)
        assert (await first.stats()).requests >= 6


async def test_callers_on_many_machines_that_ask_at_once_never_get_more_than_there_is(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        budgets = [await stack.enter_async_context(budget_on(redis, tmp_path / str(n))) for n in range(6)]
        await until_some(budgets[0])
        for _ in range(3):
            await until_free(budgets[0])
            assert sum(await asyncio.gather(*(take_all(budget) for budget in budgets))) == 3


async def until_free(budget: Budget) -> None:
    async with asyncio.timeout(30):
        while (await budget.stats()).groups[GENERAL].in_window:
            await asyncio.sleep(0.01)


async def until_there_are(budget: Budget, slots: int) -> None:
    """Wait until so many may start at once. Taken one by one they come free one by one, so a window must pass first."""
    async with asyncio.timeout(30):
        while True:
            await asyncio.sleep(1.1)
            if await take_all(budget) == slots:
                return


async def test_api_users_and_groups_have_budgets_of_their_own_which_redis_forgets_when_unused(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with budget_on(redis, tmp_path, "a") as one, budget_on(redis, tmp_path, "b") as other:
        assert (await until_some(one), await until_some(other)) == (3, 3)
        async with Redis.from_url(redis.url) as client:
            keys = {key.decode() for key in await client.keys("*")}
            assert {"emagsync:budget:a:general", "emagsync:budget:b:general"} < keys
            assert all(key.startswith("emagsync:budget:") for key in keys)
            assert all([await client.ttl(key) > 86_400 for key in keys])


async def test_a_pause_reaches_the_other_machine(redis: RedisServer, tmp_path: Path) -> None:
    async with budget_on(redis, tmp_path / "a") as first, budget_on(redis, tmp_path / "b") as second:
        await first.pause(GENERAL, 9.0)
        wait = await second.take(GENERAL)
        assert isinstance(wait, float)
        assert 8.0 < wait <= 9.1


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"version": "x", "state": b"\0"}, id="nonsense"),
        pytest.param({"version": "life 1.0 1", "state": b""}, id="no state"),
        pytest.param({"state": b"\x80"}, id="no version"),
    ],
)
async def test_a_damaged_record_counts_as_used_up_and_is_made_anew(
    redis: RedisServer, tmp_path: Path, fields: dict[str, str | bytes]
) -> None:
    async with budget_on(redis, tmp_path) as budget, Redis.from_url(redis.url) as client:
        await client.hset("emagsync:budget:shop:general", mapping=fields)
        assert await take_all(budget) == 0
        assert await until_some(budget) == 3


async def test_a_record_whose_times_lie_in_the_future_counts_as_used_up(redis: RedisServer, tmp_path: Path) -> None:
    """As after Redis's machine set its clock back."""
    async with budget_on(redis, tmp_path) as budget, Redis.from_url(redis.url) as client:
        await budget._store.update(GENERAL, lambda state, _limits, at: state.occupy(at.steady + 3600, range(3)))
        assert await client.exists("emagsync:budget:shop:general")
        assert await take_all(budget) == 0
        assert await until_some(budget) == 3


async def test_after_a_loss_what_was_granted_before_is_waited_for(redis: RedisServer, tmp_path: Path) -> None:
    patience = QUICK._replace(lease=3.0)
    async with budget_on(redis, tmp_path, patience=patience) as budget, Redis.from_url(redis.url) as client:
        await until_some(budget)
        await client.flushall()
        assert await take_all(budget) == 0
        clock = asyncio.get_running_loop()
        lost = clock.time()
        assert await until_some(budget) == 3
        # The lease of what was granted, and the second that its request would then use.
        assert clock.time() - lost > 3.5


async def test_without_redis_callers_first_wait_and_then_go_on_with_a_third(
    redis: RedisServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with budget_on(redis, tmp_path) as budget, budget_on(redis, tmp_path) as neighbour:
        await until_some(budget)
        await neighbour.stats()
        redis.kill()
        assert await take_all(budget) == 0
        assert await until_some(budget) == 1
        assert await take_all(neighbour) == 0
        assert await until_some(neighbour) == 1
        assert [record.message.split(":")[0] for record in caplog.records] == ["redis_away"] * 2
        redis.start()
        async with asyncio.timeout(30):
            while await until_some(budget) < 3:
                pass
        assert sorted({record.message.split(":")[0] for record in caplog.records}) == ["redis_away", "redis_back"]


async def test_what_needs_a_whole_minute_to_be_known_waits_for_redis(redis: RedisServer, tmp_path: Path) -> None:
    async with budget_on(redis, tmp_path) as budget:
        await until_some(budget)
        redis.kill()
        assert await until_some(budget) == 1
        assert await take_all(budget, EANS) == 0


async def test_a_pause_holds_when_redis_goes_and_when_it_comes_back(redis: RedisServer, tmp_path: Path) -> None:
    async with budget_on(redis, tmp_path) as budget:
        await budget.pause(GENERAL, 100.0)
        redis.kill()
        assert (await budget.stats()).groups[GENERAL].paused_for > 90
        await budget.pause(GENERAL, 110.0)
        redis.start()
        async with asyncio.timeout(20):
            while not (await budget._store._link.state()).up:  # type: ignore[attr-defined]
                await asyncio.sleep(0.01)
        assert (await budget.stats()).groups[GENERAL].paused_for > 101


async def test_redis_keeps_back_the_share_of_a_machine_that_fell_silent(redis: RedisServer, tmp_path: Path) -> None:
    silent = RedisLink(redis.url, tmp_path / "b", patience=QUICK)
    async with budget_on(redis, tmp_path / "a") as budget, AsyncExitStack() as stack:
        await until_there_are(budget, 3)
        stack.push_async_callback(silent.aclose)
        assert await silent.is_up()
        await until_there_are(budget, 3)
        assert silent._beating is not None
        silent._beating.cancel()
        await until_there_are(budget, 2)
        await silent.check(ConnectionError("gone"))
        silent._beating = asyncio.ensure_future(silent._go_on_beating())
        await until_there_are(budget, 3)


async def test_a_machine_without_a_seat_waits_for_redis(redis: RedisServer, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        links = [RedisLink(redis.url, tmp_path / str(n), patience=QUICK) for n in range(4)]
        for link in links:
            stack.push_async_callback(link.aclose)
            assert await link.is_up()
        redis.kill()
        for link in links:
            assert not await link.check(ConnectionError("gone"))
        waits = [await link.share_opens_in() for link in links]
        assert max(waits[:3]) <= QUICK.opens_after
        assert waits[3] == float("inf")
        assert "holds no share" in (await links[3].state()).detail


async def test_the_last_process_of_a_machine_gives_its_seat_up(redis: RedisServer, tmp_path: Path) -> None:
    async with Redis.from_url(redis.url) as client:
        async with budget_on(redis, tmp_path) as budget:
            async with budget_on(redis, tmp_path) as neighbour:
                await budget.stats()
                await neighbour.stats()
            assert await client.hexists("emagsync:budget:seats", "0")
        assert not await client.hexists("emagsync:budget:seats", "0")


async def test_after_a_loss_the_machines_that_were_known_count_as_silent_until_they_report(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with budget_on(redis, tmp_path / "a") as budget:
        silent = RedisLink(redis.url, tmp_path / "b", patience=QUICK)
        await silent.is_up()
        assert silent._beating is not None
        silent._beating.cancel()
        await budget.stats()
        async with asyncio.timeout(20):  # the budget's own link has heard of the other machine
            while len(budget._store._link._known[1]) < 4:  # type: ignore[attr-defined]
                await asyncio.sleep(0.01)
        async with Redis.from_url(redis.url) as client:
            await client.flushall()
        async with asyncio.timeout(20):
            while await until_some(budget) != 2:
                pass
        await silent.aclose()


async def test_a_password_is_in_nothing_that_is_said(
    redis: RedisServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Redis.from_url(redis.url) as client:
        await client.config_set("requirepass", "the-right-one")
    link = RedisLink(redis.url.replace("redis://", "redis://:the-wrong-one@"), tmp_path, patience=QUICK)
    assert not await link.is_up()
    said = (await link.state()).detail + caplog.text + repr(link)
    assert "cannot be used" in said
    assert "the-wrong-one" not in said
    await link.aclose()


async def test_after_a_reboot_a_machine_keeps_its_name_but_no_share(tmp_path: Path) -> None:
    before = Machine(tmp_path, "redis", QUICK)
    before._boot = b"another boot".ljust(36)
    await before.join()
    name = (await before.heard(100.0, 1)).name
    assert await before.share_opens_in(100.0 + QUICK.opens_after) == 0.0
    after = Machine(tmp_path, "redis", QUICK)
    assert (await after.standing()).name == name
    assert await after.share_opens_in(100.0 + QUICK.opens_after) == float("inf")


async def test_a_share_ends_before_its_seat_can_be_given_to_another(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "redis", QUICK)
    await machine.heard(100.0, 2)
    assert await machine.share_opens_in(100.4) == pytest.approx(QUICK.opens_after - 0.4)
    assert await machine.share_opens_in(100.0 + QUICK.closes_after) == 0.0
    assert await machine.share_opens_in(100.1 + QUICK.closes_after) == float("inf")


async def test_a_share_that_was_used_has_settled_only_some_time_after_redis_was_heard(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "redis", QUICK)
    await machine.heard(100.0, 0)
    await machine.share_opens_in(101.5)
    assert not machine.has_settled(await machine.standing(), 200.0)
    standing = await machine.heard(201.0, 0)
    assert not machine.has_settled(standing, 201.2)
    assert machine.has_settled(standing, 201.4)


def test_redis_starts_its_seats_by_the_times_that_were_told() -> None:
    """The waits follow from each other; see docs/decisions/0006."""
    waits = Patience()
    assert waits.opens_after > waits.cut_off + waits.lease
    assert waits.settles_after > waits.lease + 1.1
    assert waits.closes_after < waits.forgotten_after


@pytest.mark.parametrize(
    ("answers", "jumps"),
    [
        pytest.param([(0.0, 0.001, 500.0), (1.0, 1.001, 501.0), (99.0, 99.001, 599.0)], 0, id="steady"),
        pytest.param([(0.0, 0.001, 500.0), (1.0, 4.0, 501.1), (5.0, 5.001, 505.0)], 0, id="one slow answer"),
        pytest.param([(0.0, 0.001, 500.0), (1.0, 1.001, 501.5)], 1, id="set forward"),
        pytest.param([(0.0, 0.001, 500.0), (1.0, 1.001, 400.0), (2.0, 2.001, 401.0)], 1, id="set back, once"),
        pytest.param([(0.0, 0.001, 500.0), (1000.0, 1000.001, 1500.3)], 0, id="drift"),
    ],
)
def test_a_clock_that_was_set_is_noticed(answers: list[tuple[float, float, float]], jumps: int) -> None:
    time = SteadyTime()
    for answer in answers:
        time.observe(*answer)
    assert time.jumps == jumps


async def test_when_redis_s_clock_was_set_the_window_counts_as_used(redis: RedisServer, tmp_path: Path) -> None:
    async with budget_on(redis, tmp_path) as budget:
        await until_some(budget)
        await until_free(budget)
        link = budget._store._link  # type: ignore[attr-defined]
        link.time.jumps += 1
        assert await take_all(budget) == 0
        assert await until_some(budget) == 3


async def test_what_the_link_does_is_not_in_the_name_of_who_asked_first(redis: RedisServer, tmp_path: Path) -> None:
    seen: list[str] = []
    beaten = asyncio.Event()

    class WatchingClock(SystemClock):
        async def sleep(self, seconds: float) -> None:
            seen.append(CALLER.get())
            beaten.set()
            await super().sleep(seconds)

    CALLER.set("a run")
    link = RedisLink(redis.url, tmp_path, patience=QUICK, clock=WatchingClock())
    assert await link.is_up()
    await beaten.wait()
    await link.aclose()
    assert set(seen) == {"nobody"}
