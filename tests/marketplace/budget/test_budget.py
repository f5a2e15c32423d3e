"""Waiting for the budget: fair, with two priorities, cancellable, never polling."""

from __future__ import annotations

import asyncio
from typing import TypeVar

import pytest

from emagsync.marketplace import Budget, Grant, Priority, RouteGroup
from emagsync.marketplace.budget.slots import EMAG_LIMITS
from emagsync.marketplace.budget.stores import MemoryStore, StateChange
from emagsync.marketplace.errors import BudgetUnavailable, RequestInvalid
from marketplace.budget.manual_clock import ManualClock, quiet

T = TypeVar("T")
GENERAL = RouteGroup.GENERAL
DATE = "Sun, 01 Mar 2026 12:00:48 GMT"


class Runners:
    """Callers that note their name and the moment when they get their turn."""

    def __init__(self, budget: Budget, clock: ManualClock) -> None:
        self.budget, self.clock = budget, clock
        self.turns: list[tuple[str, float]] = []
        self.tasks: dict[str, asyncio.Task[Grant]] = {}

    def start(self, name: str, priority: Priority = Priority.NORMAL, group: RouteGroup = GENERAL) -> None:
        self.tasks[name] = asyncio.create_task(self._run(name, priority, group))

    async def _run(self, name: str, priority: Priority, group: RouteGroup) -> Grant:
        grant = await self.budget.acquire(group, priority)
        grant.sent()
        self.turns.append((name, round(self.clock.monotonic() - 1000.0, 3)))
        return grant

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.turns]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def runners(clock: ManualClock) -> Runners:
    return Runners(Budget.in_memory(clock=clock), clock)


async def test_first_come_first_served_three_at_a_time(runners: Runners, clock: ManualClock) -> None:
    for number in range(8):
        runners.start(str(number))
    await clock.advance(3.0)
    assert runners.turns == [
        ("0", 0.0), ("1", 0.0), ("2", 0.0), ("3", 1.05), ("4", 1.05), ("5", 1.05), ("6", 2.1), ("7", 2.1)
    ]  # fmt: skip


async def test_waiting_wakes_once_a_slot_and_not_in_between(runners: Runners, clock: ManualClock) -> None:
    for number in range(30):
        runners.start(str(number))
    await clock.advance(20.0)
    assert len(runners.turns) == 30
    # One sleep for each burst of three, and those that a record of a request cuts short.
    assert clock.slept <= 4 * 10


async def test_orders_and_writes_go_before_catalogue_reads(runners: Runners, clock: ManualClock) -> None:
    for number in range(6):
        runners.start(f"read {number}")
    await quiet()
    runners.start("write a", Priority.URGENT)
    runners.start("write b", Priority.URGENT)
    await clock.advance(3.0)
    assert runners.names == ["read 0", "read 1", "read 2", "write a", "write b", "read 3", "read 4", "read 5"]


async def test_groups_do_not_wait_for_each_other(runners: Runners, clock: ManualClock) -> None:
    for number in range(4):
        runners.start(f"offers {number}")
    for number in range(12):
        runners.start(f"orders {number}", group=RouteGroup.ORDERS)
    await clock.advance(0.0)
    assert len(runners.turns) == 3 + 12


@pytest.mark.parametrize("after", [0.0, 0.5], ids=["queued", "asleep"])
async def test_a_waiting_caller_can_be_cancelled_and_holds_nobody_up(
    runners: Runners, clock: ManualClock, after: float
) -> None:
    for number in range(6):
        runners.start(str(number))
    await clock.advance(after)
    for name in ("3", "5"):
        runners.tasks[name].cancel()
    await clock.advance(1.05)
    assert runners.names == ["0", "1", "2", "4"]
    runners.start("6")
    runners.start("7")
    await clock.advance(0.0)
    assert runners.names[-2:] == ["6", "7"]


async def test_a_caller_cancelled_at_the_very_moment_of_its_turn_gives_the_slot_back(
    runners: Runners, clock: ManualClock
) -> None:
    task = asyncio.create_task(runners.budget.acquire(GENERAL))
    for _ in range(20):
        await asyncio.sleep(0)
        if (await runners.budget.stats()).groups[GENERAL].in_window:
            break
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await quiet()
    for number in range(3):
        runners.start(str(number))
    await clock.advance(0.0)
    assert runners.names == ["0", "1", "2"]


async def test_a_grant_that_is_not_used_frees_its_slot(runners: Runners, clock: ManualClock) -> None:
    grants = [await runners.budget.acquire(GENERAL) for _ in range(3)]
    runners.start("next")
    await clock.advance(0.5)
    assert runners.names == []
    await grants[1].release()
    await clock.advance(0.0)
    assert runners.turns == [("next", 0.5)]
    await grants[1].release()
    grants[0].sent()
    await grants[0].release()
    await quiet()
    assert (await runners.budget.stats()).groups[GENERAL].in_window == 3


async def test_a_slot_counts_from_when_its_request_was_written(runners: Runners, clock: ManualClock) -> None:
    slow = await runners.budget.acquire(GENERAL)  # a TLS handshake of 0.9 s comes first
    for number in range(4):
        runners.start(str(number))
    await clock.advance(0.9)
    slow.sent()
    await clock.advance(3.0)
    assert runners.turns == [("0", 0.0), ("1", 0.0), ("2", 1.05), ("3", 1.05)]
    runners.turns.clear()
    for number in range(3):
        runners.start(str(number))
    await clock.advance(0.0)
    assert [moment for _, moment in runners.turns] == [3.9, 3.9, 3.9]


async def test_a_pause_stops_the_whole_group_and_only_that(runners: Runners, clock: ManualClock) -> None:
    await runners.budget.pause(GENERAL, 5.0)
    runners.start("read")
    runners.start("write", Priority.URGENT)
    runners.start("orders", group=RouteGroup.ORDERS)
    await clock.advance(4.9)
    assert runners.names == ["orders"]
    await clock.advance(0.2)
    assert runners.turns[1:] == [("write", 5.0), ("read", 5.0)]


async def test_a_pause_that_begins_while_callers_wait_is_kept(runners: Runners, clock: ManualClock) -> None:
    for number in range(4):
        runners.start(str(number))
    await clock.advance(0.5)
    await runners.budget.pause(GENERAL, 2.0)
    await clock.advance(3.0)
    assert runners.turns[-1] == ("3", 2.5)


@pytest.mark.parametrize(
    ("status", "headers", "free_at"),
    [
        pytest.param(429, {}, 1.3, id="429 alone: until the gateway's second is over"),
        pytest.param(429, {"Retry-After": "7"}, 7.3, id="429 with Retry-After"),
        pytest.param(429, {"Retry-After": "9000"}, 120.3, id="at most two minutes"),
        pytest.param(429, {"Retry-After": "soon"}, 1.3, id="odd header"),
        pytest.param(429, {"X-RateLimit-Remaining-minute": "0"}, 30.3, id="429: the minute is used up"),
        pytest.param(200, {"X-RateLimit-Remaining-minute": "0"}, 30.3, id="the minute is used up"),
        pytest.param(200, {"X-RateLimit-Remaining-minute": "0", "Date": DATE}, 12.3, id="the minute by eMAG's clock"),
        pytest.param(200, {"X-RateLimit-Remaining-3second": "0"}, 1.0, id="others used up the second"),
        pytest.param(200, {"X-RateLimit-Remaining-second": "0"}, 1.0, id="Kong's own name"),
        pytest.param(200, {"x-ratelimit-remaining-12second": "0"}, 1.0, id="another number"),
        pytest.param(200, {"X-RateLimit-Remaining-3second": "1"}, 0.3, id="something remains"),
        pytest.param(200, {"X-RateLimit-Remaining-3second": "-"}, 0.3, id="unreadable"),
        pytest.param(200, {}, 0.3, id="no headers"),
    ],
)  # fmt: skip
async def test_what_emag_says_pauses_the_group(
    runners: Runners, clock: ManualClock, status: int, headers: dict[str, str], free_at: float
) -> None:
    """The answer arrives 0.3 s after the request was sent; the clock stands at 30.3 s of its minute."""
    grant = await runners.budget.acquire(GENERAL)
    grant.sent()
    await clock.advance(0.3)
    await runners.budget.apply_response(grant, status, headers)
    runners.start("next")
    await clock.advance(200.0)
    [(_, moment)] = runners.turns
    assert moment == pytest.approx(free_at, abs=0.01)


async def test_our_own_full_rate_is_not_slowed_by_headers_that_only_mirror_it(
    runners: Runners, clock: ManualClock
) -> None:
    """Starts at 0, 0.4 and 0.8: the third answer says that nothing remains, as our own count does."""
    grants = []
    for _ in range(3):
        grants.append(await runners.budget.acquire(GENERAL))
        grants[-1].sent()
        await clock.advance(0.4)
    await runners.budget.apply_response(grants[-1], 200, {"X-RateLimit-Remaining-3second": "0"})
    runners.start("next")
    await clock.advance(3.0)
    assert runners.turns == [("next", 1.2)]
    assert (await runners.budget.stats()).groups[GENERAL].pauses == 0


async def test_statistics_say_what_was_used_and_what_it_cost(runners: Runners, clock: ManualClock) -> None:
    for number in range(7):
        runners.start(str(number))
    await clock.advance(0.2)
    assert (await runners.budget.stats()).waiting[GENERAL] == 4
    await clock.advance(2.0)
    await runners.budget.refused(GENERAL, since_sent=0.1, pause=3.0)
    stats = await runners.budget.stats()
    use = stats.groups[GENERAL]
    assert (use.requests, use.waits, use.pauses, use.refusals) == (7, 4, 1, 1)
    assert use.waited_seconds == pytest.approx(3 * 1.05 + 2.1)
    assert use.paused_for == pytest.approx(3.0)
    assert use.window_seconds == pytest.approx(1.07)
    assert (stats.requests, stats.refusals, stats.waiting[GENERAL]) == (7, 1, 0)


async def test_a_budget_without_limits_still_keeps_pauses(clock: ManualClock) -> None:
    runners = Runners(Budget.unlimited(clock=clock), clock)
    for number in range(50):
        runners.start(str(number))
    await clock.advance(0.0)
    assert len(runners.turns) == 50
    await runners.budget.refused(GENERAL, since_sent=0.1, pause=4.0)
    runners.start("paused")
    await clock.advance(5.0)
    assert runners.turns[-1] == ("paused", 4.0)


async def test_a_process_that_may_have_restarted_can_wait_one_window_first(clock: ManualClock) -> None:
    runners = Runners(Budget.in_memory(clock=clock, assume_used=True), clock)
    runners.start("first")
    await clock.advance(2.0)
    assert runners.turns == [("first", 1.05)]


async def test_closing_the_budget_tells_those_who_wait(runners: Runners, clock: ManualClock) -> None:
    for number in range(5):
        runners.start(str(number))
    await quiet()
    await runners.budget.aclose()
    outcomes = await asyncio.gather(*runners.tasks.values(), return_exceptions=True)
    assert [isinstance(outcome, RequestInvalid) for outcome in outcomes] == [False, False, False, True, True]


class UnreliableStore(MemoryStore):
    """A store that is unavailable while `is_away`, and counts how often it was asked then."""

    is_away = False
    asked_in_vain = 0

    async def update(self, group: RouteGroup, change: StateChange[T]) -> T:
        if self.is_away:
            self.asked_in_vain += 1
            raise BudgetUnavailable("the store is away")
        return await super().update(group, change)


@pytest.fixture
def store(clock: ManualClock) -> UnreliableStore:
    return UnreliableStore(EMAG_LIMITS, clock)


async def test_calls_wait_for_a_store_that_is_away_and_go_on_in_their_order(
    store: UnreliableStore, clock: ManualClock
) -> None:
    runners = Runners(Budget(store, clock=clock), clock)
    store.is_away = True
    for number in range(4):
        runners.start(str(number))
    runners.start("write", Priority.URGENT)
    await clock.advance(50.0)
    assert runners.names == []
    # Growing pauses up to two seconds, and only for the call in front.
    assert 25 < store.asked_in_vain < 40
    store.is_away = False
    await clock.advance(3.1)
    assert runners.names == ["write", "0", "1", "2", "3"]


async def test_a_call_fails_when_the_store_was_away_for_a_minute_since_it_came(
    store: UnreliableStore, clock: ManualClock
) -> None:
    runners = Runners(Budget(store, clock=clock), clock)
    store.is_away = True
    runners.start("early")
    await clock.advance(40.0)
    runners.start("late")
    await clock.advance(20.5)
    with pytest.raises(BudgetUnavailable, match="for 60 s, because requests cannot be counted: the store is away"):
        await runners.tasks["early"]
    assert not runners.tasks["late"].done()
    await clock.advance(40.0)
    with pytest.raises(BudgetUnavailable):
        await runners.tasks["late"]


async def test_waiting_for_a_slot_is_not_waiting_for_the_store(store: UnreliableStore, clock: ManualClock) -> None:
    runners = Runners(Budget(store, clock=clock), clock)
    await runners.budget.pause(GENERAL, 100.0)
    runners.start("patient")
    await clock.advance(90.0)
    store.is_away = True
    await clock.advance(30.0)
    store.is_away = False
    await clock.advance(2.1)
    assert runners.names == ["patient"]


async def test_a_pause_that_the_store_could_not_be_told_of_holds_as_long_as_emag_asked(
    store: UnreliableStore, clock: ManualClock
) -> None:
    runners = Runners(Budget(store, clock=clock), clock)
    store.is_away = True
    await runners.budget.pause(GENERAL, 50.0)
    await clock.advance(20.0)
    store.is_away = False
    runners.start("next")
    await clock.advance(40.0)
    assert runners.turns == [("next", 50.0)]
    assert (await runners.budget.stats()).groups[GENERAL].pauses == 1


async def test_a_request_whose_record_was_lost_keeps_its_slot_until_its_lease_ends(
    store: UnreliableStore, clock: ManualClock
) -> None:
    runners = Runners(Budget(store, clock=clock), clock)
    grants = [await runners.budget.acquire(GENERAL) for _ in range(3)]
    store.is_away = True
    for grant in grants:
        grant.sent()
    await quiet()
    store.is_away = False
    runners.start("next")
    await clock.advance(30.0)
    assert runners.turns == [("next", 16.05)]


async def test_a_slot_that_cannot_be_given_back_hides_nothing_and_is_free_when_its_lease_ends(
    store: UnreliableStore, clock: ManualClock
) -> None:
    """`release` is called while an error or a cancellation is on its way: neither may be lost."""
    runners = Runners(Budget(store, clock=clock), clock)
    grant = await runners.budget.acquire(GENERAL)
    store.is_away = True
    await grant.release()
    store.is_away = False
    for number in range(3):
        runners.start(str(number))
    await clock.advance(30.0)
    assert runners.turns == [("0", 0.0), ("1", 0.0), ("2", 1.05)]
