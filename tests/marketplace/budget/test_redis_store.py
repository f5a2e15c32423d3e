"""A budget in a real Redis: shared by machines, exact under contention, and safe when Redis comes and goes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from emagsync.core.clock import SystemClock
from emagsync.core.concurrency import cancelled
from emagsync.marketplace import Budget, Grant, RouteGroup
from emagsync.marketplace.budget.redis_store import _WRITE, RedisConnection, RedisStore
from emagsync.marketplace.errors import BudgetUnavailable
from support.drawing import most_in_a_second
from support.patience import PATIENCE_SECONDS
from support.servers import RedisServer

CALLER = ContextVar("caller", default="nobody")
GENERAL = RouteGroup.GENERAL
RECORD = "emagsync:budget:shop:general"
# Instead of the 15 s that a request may take to reach eMAG: nothing is sent here.
SETTLE_SECONDS = 0.5


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@asynccontextmanager
async def budget_on(
    redis: RedisServer, key: str = "shop", *, settle_seconds: float = SETTLE_SECONDS, patience_seconds: float = 60.0
) -> AsyncIterator[Budget]:
    """A budget as another process, or another machine, would have it."""
    connection = RedisConnection(redis.url, settle_seconds=settle_seconds)
    budget = Budget(RedisStore(connection, key), patience_seconds=patience_seconds)
    try:
        yield budget
    finally:
        await budget.aclose()
        await connection.aclose()


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


async def test_two_machines_share_the_slots_and_the_first_use_does_not_burst(redis: RedisServer) -> None:
    async with budget_on(redis) as first, budget_on(redis) as second:
        assert await take_all(first) == 0
        assert await until_some(first) == 3
        assert await take_all(second) == 0
        await until_there_are(second, 3)
        assert (await first.stats()).requests >= 6


async def test_callers_on_many_machines_that_ask_at_once_never_get_more_than_there_is(redis: RedisServer) -> None:
    async with AsyncExitStack() as stack:
        budgets = [await stack.enter_async_context(budget_on(redis)) for _ in range(6)]
        await until_some(budgets[0])
        for _ in range(3):
            await until_free(budgets[0])
            assert sum(await asyncio.gather(*(take_all(budget) for budget in budgets))) == 3


async def until_free(budget: Budget) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await budget.stats()).groups[GENERAL].in_window:
            await asyncio.sleep(0.01)


async def until_there_are(budget: Budget, slots: int) -> None:
    """Wait until so many may start at once. Taken one by one they come free one by one, so a window must pass first."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            await asyncio.sleep(1.1)
            if await take_all(budget) == slots:
                return


async def test_api_users_and_groups_have_budgets_of_their_own_which_redis_forgets_when_unused(
    redis: RedisServer,
) -> None:
    async with budget_on(redis, "a") as one, budget_on(redis, "b") as other:
        assert (await until_some(one), await until_some(other)) == (3, 3)
        async with Redis.from_url(redis.url) as client:
            keys = {key.decode() for key in await client.keys("*")}
            assert {"emagsync:budget:a:general", "emagsync:budget:b:general"} < keys
            assert all(key.startswith("emagsync:budget:") for key in keys)
            assert all([await client.ttl(key) > 86_400 for key in keys])


async def test_a_pause_reaches_the_other_machine(redis: RedisServer) -> None:
    async with budget_on(redis) as first, budget_on(redis) as second:
        await first.pause(GENERAL, 9.0)
        wait = await second.take(GENERAL)
        assert isinstance(wait, float)
        assert 8.0 < wait <= 9.1


@pytest.mark.often(first=1)
@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"version": "x", "state": b"\0"}, id="nonsense"),
        pytest.param({"version": "x 1.0 1", "state": b""}, id="no state"),
        pytest.param({"state": b"\x80"}, id="no version"),
    ],
)
async def test_a_damaged_record_counts_as_granted_and_is_made_anew(
    redis: RedisServer, fields: dict[str, str | bytes]
) -> None:
    async with budget_on(redis) as budget, Redis.from_url(redis.url) as client:
        await until_some(budget)
        await client.delete(RECORD)
        await client.hset(RECORD, mapping=fields)
        began = time.monotonic()
        assert await take_all(budget) == 0
        assert await until_some(budget) == 3
        assert time.monotonic() - began > SETTLE_SECONDS + 1.0


async def test_a_record_that_is_missing_counts_as_used_now(redis: RedisServer) -> None:
    async with budget_on(redis) as budget, Redis.from_url(redis.url) as client:
        await until_some(budget)
        await client.delete(RECORD)
        began = time.monotonic()
        assert await take_all(budget) == 0
        assert await until_some(budget) == 3
        assert time.monotonic() - began > 1.0


async def test_a_record_whose_times_lie_in_the_future_counts_as_granted(redis: RedisServer) -> None:
    """As after Redis's machine set its clock back."""
    async with budget_on(redis) as budget, Redis.from_url(redis.url) as client:
        await budget._store.update(GENERAL, lambda state, limits, at: state.stamps.__setitem__(0, at.now + 3600))
        assert await client.exists(RECORD)
        assert await take_all(budget) == 0
        assert await until_some(budget) == 3


async def test_a_memory_that_began_in_the_future_begins_anew(redis: RedisServer) -> None:
    """As after Redis's machine set its clock back by an hour: nobody waits for an hour."""
    async with budget_on(redis) as budget, Redis.from_url(redis.url) as client:
        await until_some(budget)
        await client.hset("emagsync:budget:memory", "since", time.time() + 3600)
        assert await take_all(budget) == 0
        assert await until_some(budget) == 3


@pytest.mark.often(first=1)
@pytest.mark.parametrize("knows_it", [pytest.param(True, id="same process"), pytest.param(False, id="new process")])
async def test_after_a_loss_what_was_granted_before_is_waited_for(redis: RedisServer, knows_it: bool) -> None:
    """Also by a process that never saw what was lost: a grant may be on its way to eMAG for some time."""
    async with AsyncExitStack() as stack, Redis.from_url(redis.url) as client:
        first = await stack.enter_async_context(budget_on(redis))
        assert await until_some(first) == 3
        await client.flushall()
        settled = SETTLE_SECONDS + 2.0
        budget = await stack.enter_async_context(budget_on(redis, settle_seconds=settled)) if not knows_it else first
        if knows_it:
            budget._store._connection.settle_seconds = settled  # type: ignore[attr-defined]
        lost = time.monotonic()
        assert await take_all(budget) == 0
        assert await until_some(budget) == 3
        assert time.monotonic() - lost > settled + 1.0


async def test_a_restart_that_kept_the_record_is_a_loss_too_because_it_may_be_an_old_one(tmp_path: object) -> None:
    with RedisServer(durable=True) as redis:
        async with budget_on(redis) as budget:
            assert await until_some(budget) == 3
            redis.kill()
            redis.start()
            assert await take_all(budget) == 0
            back = time.monotonic()
            assert await until_some(budget) == 3
            assert time.monotonic() - back > SETTLE_SECONDS + 1.0


class Callers:
    """Calls that start as soon as the budgets let them, and note when; each begins anew when it has started."""

    def __init__(self, budgets: list[Budget], each: int) -> None:
        self.started: list[float] = []
        self._tasks = [asyncio.ensure_future(self._call(budget)) for budget in budgets for _ in range(each)]

    async def _call(self, budget: Budget) -> None:
        while True:
            grant: Grant = await budget.acquire(GENERAL)
            self.started.append(time.monotonic())
            grant.sent()

    async def until(self, more: int) -> None:
        """Until so many more have started."""
        wanted = len(self.started) + more
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.started) < wanted:
                for task in self._tasks:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.01)

    async def aclose(self) -> None:
        await cancelled(*self._tasks)


@pytest.mark.often(first=1)
@pytest.mark.parametrize(
    "durable", [pytest.param(True, id="nothing forgotten"), pytest.param(False, id="all forgotten")]
)
async def test_requests_wait_while_redis_is_away_go_on_when_it_is_back_and_never_exceed_the_limit(
    durable: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    with RedisServer(durable=durable) as redis:
        async with budget_on(redis) as first, budget_on(redis) as second:
            callers = Callers([first, second], each=4)
            await callers.until(9)
            for _ in range(2):
                redis.kill()
                with pytest.raises(BudgetUnavailable):
                    await first.stats()
                before = len(callers.started)
                await until_waiting(first, 4)
                await until_waiting(second, 4)
                assert len(callers.started) == before
                redis.start()
                await callers.until(9)
            await callers.aclose()
            assert most_in_a_second(callers.started) <= 3
    said = [record.message.split(":")[0] for record in caplog.records]
    assert said.count("redis_away") == said.count("redis_back") >= 4


async def until_waiting(budget: Budget, callers: int) -> None:
    """Until so many wait, and the store was asked several times in vain."""
    queue = budget._queues[GENERAL]
    async with asyncio.timeout(PATIENCE_SECONDS):
        while queue.length < callers or queue._unavailable_since is None or queue._failures < 3:
            await asyncio.sleep(0.01)


async def test_after_its_patience_a_call_fails_and_a_later_one_has_patience_of_its_own(redis: RedisServer) -> None:
    async with budget_on(redis, patience_seconds=0.4) as budget:
        await until_some(budget)
        redis.kill()
        for _ in range(2):
            began = time.monotonic()
            calls = [asyncio.ensure_future(budget.acquire(GENERAL)) for _ in range(3)]
            for outcome in await asyncio.gather(*calls, return_exceptions=True):
                assert isinstance(outcome, BudgetUnavailable)
                assert "0 s" in str(outcome)
                assert str(redis.port) in str(outcome)
            assert time.monotonic() - began >= 0.4
        redis.start()
        await asyncio.wait_for(budget.acquire(GENERAL), PATIENCE_SECONDS)


async def test_who_waits_for_redis_can_be_cancelled_at_once(redis: RedisServer) -> None:
    async with budget_on(redis) as budget:
        await until_some(budget)
        redis.kill()
        calls = [asyncio.ensure_future(budget.acquire(GENERAL)) for _ in range(3)]
        await until_waiting(budget, 3)
        began = time.monotonic()
        await cancelled(*calls)
        assert time.monotonic() - began < 1.0
        assert budget._queues[GENERAL].length == 0


async def test_waiting_for_redis_ends_when_it_is_back(redis: RedisServer) -> None:
    async with budget_on(redis) as budget:
        redis.kill()
        waiting = asyncio.ensure_future(budget.wait_until_available())
        with pytest.raises(BudgetUnavailable):
            await budget.stats()
        assert not waiting.done()
        redis.start()
        await asyncio.wait_for(waiting, PATIENCE_SECONDS)


async def test_what_emag_asked_for_while_redis_was_away_holds_for_everybody_when_it_is_back(
    redis: RedisServer,
) -> None:
    async with budget_on(redis) as budget, budget_on(redis) as other:
        redis.kill()
        await budget.pause(GENERAL, 100.0)
        await budget.refused(GENERAL, since_sent=0.1, pause=110.0)
        redis.start()
        assert await take_all(budget) == 0
        use = (await other.stats()).groups[GENERAL]
        assert 100 < use.paused_for <= 110
        assert use.refusals == 1
        assert (await budget.stats()).groups[GENERAL].refusals == 1


async def test_a_pause_survives_that_redis_forgets_only_as_emag_s_next_refusal(redis: RedisServer) -> None:
    """What was recorded and then forgotten is not known any more; the hold after a loss covers the window."""
    async with budget_on(redis) as budget, Redis.from_url(redis.url) as client:
        await budget.pause(GENERAL, 100.0)
        await client.flushall()
        assert await take_all(budget) == 0


async def test_health_says_what_a_redis_that_is_away_means(redis: RedisServer) -> None:
    connection = RedisConnection(redis.url)
    assert await connection.health() == (True, f"Redis at 127.0.0.1:{redis.port} answers")
    redis.kill()
    is_up, detail = await connection.health()
    assert not is_up
    assert "requests to eMAG wait" in detail
    await connection.aclose()


@pytest.mark.parametrize(
    ("setting", "unusable", "usable"),
    [
        pytest.param("min-replicas-to-write", 1, 0, id="replicas gone"),
        pytest.param("maxmemory", 1, 0, id="memory full"),
    ],
)
async def test_a_redis_that_can_only_be_read_is_away(
    redis: RedisServer, setting: str, unusable: int, usable: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Else a run would resume at once, only to be interrupted again, until it was interrupted too often."""
    caplog.set_level(logging.WARNING)
    async with budget_on(redis, patience_seconds=0.5) as budget, Redis.from_url(redis.url) as client:
        await until_some(budget)
        await client.config_set(setting, unusable)
        with pytest.raises(BudgetUnavailable):
            await budget.acquire(GENERAL)
        waiting = asyncio.ensure_future(budget.wait_until_available())
        with pytest.raises(BudgetUnavailable):
            await budget.stats()
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await client.config_set(setting, usable)
        await asyncio.wait_for(waiting, PATIENCE_SECONDS)
    said = [record.message.split(":")[0] for record in caplog.records]
    assert said == ["redis_away", "redis_back"]


async def test_a_grant_whose_answer_was_lost_is_not_taken_a_second_time(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with budget_on(redis) as budget:
        await until_some(budget)
        await until_free(budget)
        connection = budget._store._connection  # type: ignore[attr-defined]
        write, lost = connection._scripts[_WRITE], []

        async def write_and_lose_the_first_answer(**arguments: Any) -> Any:
            answer = await write(**arguments)
            if not lost:
                lost.append(answer)
                raise RedisConnectionError("the connection was closed")
            return answer

        monkeypatch.setitem(connection._scripts, _WRITE, write_and_lose_the_first_answer)
        assert await take_all(budget) == 3
        assert lost == [None]


async def test_a_password_is_in_nothing_that_is_said(redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    async with Redis.from_url(redis.url) as client:
        await client.config_set("requirepass", "the-right-one")
    connection = RedisConnection(redis.url.replace("redis://", "redis://:the-wrong-one@"))
    is_up, detail = await connection.health()
    assert not is_up
    said = detail + caplog.text + repr(connection)
    assert "cannot be used" in said
    assert "the-wrong-one" not in said
    await connection.aclose()


async def test_that_redis_is_away_is_not_said_in_the_name_of_who_noticed(redis: RedisServer) -> None:
    seen: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(CALLER.get())

    listener = Listener()
    logging.getLogger("emagsync.marketplace.budget.redis_store").addHandler(listener)
    try:
        CALLER.set("a run")
        connection = RedisConnection(redis.url, clock=SystemClock())
        redis.kill()
        await connection.health()
        await connection.aclose()
    finally:
        logging.getLogger("emagsync.marketplace.budget.redis_store").removeHandler(listener)
    assert seen == ["nobody"]


async def test_where_redis_does_not_say_who_it_is_budgets_work_too(redis: RedisServer) -> None:
    """A managed Redis may forbid INFO."""
    async with Redis.from_url(redis.url) as client:
        await client.execute_command("ACL", "SETUSER", "guest", "on", ">secret", "~*", "+@all", "-info")
    connection = RedisConnection(redis.url.replace("redis://", "redis://guest:secret@"), settle_seconds=0.1)
    budget = Budget(RedisStore(connection, "shop"))
    assert await until_some(budget) == 3
    await budget.aclose()
    await connection.aclose()
