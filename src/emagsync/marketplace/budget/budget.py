"""The request budget of one API user: who may send the next request, and when.

Requests are granted at the moment they start, first come, first served, orders and writes before catalogue reads.
Nothing polls: one task per route group sleeps until the next slot is free, and only while somebody waits.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Mapping
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, Self

from emagsync.core.clock import Clock, SystemClock
from emagsync.marketplace.budget import response_headers
from emagsync.marketplace.budget.slots import (
    EMAG_LIMITS,
    NO_LIMITS,
    GroupState,
    GroupUse,
    Limits,
    Moment,
    RouteGroup,
    Taken,
)
from emagsync.marketplace.budget.stores import BudgetStore, FileStore, MemoryStore
from emagsync.marketplace.errors import RequestInvalid

if TYPE_CHECKING:
    from emagsync.marketplace.budget.redis_heartbeat import RedisLink

HTTP_TOO_MANY: Final = 429
# Shorter than this is the work of granting itself, and not counted as a wait.
_NOTICEABLE_SECONDS: Final = 0.005


class Priority(IntEnum):
    """Who goes first when requests wait for the same group."""

    URGENT = 0  # orders and writes
    NORMAL = 1  # catalogue reads


class BudgetStats(NamedTuple):
    """The budget's use by group, over all processes that share it; `waiting` counts this process's callers only."""

    groups: dict[RouteGroup, GroupUse]
    waiting: dict[RouteGroup, int]

    @property
    def requests(self) -> int:
        """Requests sent, all groups."""
        return sum(use.requests for use in self.groups.values())

    @property
    def refusals(self) -> int:
        """HTTP 429 answers, all groups."""
        return sum(use.refusals for use in self.groups.values())


class Grant:
    """The right to send one request now. Call `sent` when its bytes go out, or `release` when they never will."""

    def __init__(self, budget: Budget, group: RouteGroup, taken: Taken, waited_seconds: float) -> None:
        self.group = group
        self.waited_seconds = waited_seconds
        self.was_sent = False
        # How many slots of the group were in use when this request went out, itself included.
        self.crowd = 0
        self.sent_at: float | None = None
        self._budget = budget
        self._taken = taken
        self._settled = False

    def sent(self) -> None:
        """The request is being written now: its slot is busy for one window from this moment."""
        if not self._settled:
            self._settled = self.was_sent = True
            self.sent_at = self._budget.clock.monotonic()
            self._budget.spawn(self._record())

    async def _record(self) -> None:
        self.crowd = await self._budget.record_sent(self.group, self._taken, self.waited_seconds)

    async def release(self) -> None:
        """Give the slot back unless the request was sent. Also done when the caller is being cancelled."""
        if not self._settled:
            self._settled = True
            await asyncio.shield(self._budget.spawn(self._budget.give_back(self.group, self._taken)))


class Budget:
    """The one owner of an API user's request budget. Belongs to one event loop; share it between clients.

    `in_memory` counts for this process, `on_disk` for all processes of this machine that name the same directory and
    key, `on_redis` for those of all machines. eMAG's own answers reach it through `refused` and `pause`.
    """

    grant_type: ClassVar[type[Grant]] = Grant

    def __init__(self, store: BudgetStore, *, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self._store = store
        self._queues = {group: _Queue(self, group) for group in RouteGroup}
        self._tasks: set[asyncio.Task[Any]] = set()

    @classmethod
    def in_memory(cls, *, clock: Clock | None = None, assume_used: bool = False) -> Self:
        """A budget of this process alone. It does not know of requests before it was made: where a process may
        restart within a second, `assume_used` makes it wait one window first."""
        clock = clock or SystemClock()
        return cls(MemoryStore(EMAG_LIMITS, clock, assume_used=assume_used), clock=clock)

    @classmethod
    def on_disk(cls, directory: Path, key: str, *, clock: Clock | None = None) -> Self:
        """A budget in small files under `directory`, shared by the machine's processes. `budget_key` makes a key.

        Raises BudgetStoreError when the directory cannot be made.
        """
        clock = clock or SystemClock()
        return cls(FileStore(directory, key, EMAG_LIMITS, clock), clock=clock)

    @classmethod
    def on_redis(cls, link: RedisLink, directory: Path, key: str) -> Self:
        """A budget in Redis, shared by all processes that name the same Redis and key. While Redis is away, those that
        name the same `directory` share a third of it. Close the link after its budgets.

        Raises BudgetStoreError when the directory cannot be made.
        """
        from emagsync.marketplace.budget.redis_store import RedisStore

        return cls(RedisStore(link, directory, key, EMAG_LIMITS), clock=link.clock)

    @classmethod
    def unlimited(cls, *, clock: Clock | None = None) -> Self:
        """Only pauses, no limits: for a marketplace of one's own."""
        clock = clock or SystemClock()
        return cls(MemoryStore(NO_LIMITS, clock), clock=clock)

    @property
    def limits(self) -> Mapping[RouteGroup, Limits]:
        """What is kept to, by group."""
        return self._store.limits

    async def acquire(self, group: RouteGroup, priority: Priority = Priority.NORMAL) -> Grant:
        """Wait for the right to send one request of `group`. May be cancelled at any point without losing a slot."""
        began = self.clock.monotonic()
        taken = await self._queues[group].wait_turn(priority)
        waited = self.clock.monotonic() - began
        return self.grant_type(self, group, taken, waited if waited >= _NOTICEABLE_SECONDS else 0.0)

    async def pause(self, group: RouteGroup, seconds: float) -> None:
        """No request of `group` for `seconds` (at most 120), whoever asks."""

        def change(state: GroupState, _limits: Limits, at: Moment) -> None:
            state.pause(at.steady, seconds)

        await self._store.update(group, change)
        self._queues[group].wake()

    async def refused(self, group: RouteGroup, *, since_sent: float, pause: float | None) -> None:
        """A request that went out `since_sent` seconds ago got a 429: the whole group pauses and spaces out."""

        def change(state: GroupState, _limits: Limits, at: Moment) -> None:
            state.refused(at.steady, since_sent, pause)

        await self._store.update(group, change)
        self._queues[group].wake()

    async def apply_response(self, grant: Grant, status: int, headers: Mapping[str, str]) -> None:
        """Learn from the answer to the request of `grant`: a 429, or headers that say that nothing remains."""
        now = self.clock.now()
        since_sent = self.clock.monotonic() - grant.sent_at if grant.sent_at is not None else 0.0
        pause = response_headers.minute_pause(headers, now)
        if status == HTTP_TOO_MANY:
            asked = response_headers.retry_after(headers, now)
            await self.refused(grant.group, since_sent=since_sent, pause=pause if asked is None else asked)
            return
        if pause is None and response_headers.second_is_spent(headers) and not self._explains(grant):
            # The gateway's second began before the request reached it and ends within a second of that.
            pause = 1.0 - since_sent
        if pause is not None and pause > 0:
            await self.pause(grant.group, pause)

    def _explains(self, grant: Grant) -> bool:
        """Whether our own requests alone may have used up the second: then our own spacing is pause enough."""
        rules = self._store.limits[grant.group].rules
        return bool(rules) and grant.crowd >= rules[0].requests

    async def stats(self) -> BudgetStats:
        """What the budget has seen, and its present use."""
        groups: dict[RouteGroup, GroupUse] = {}
        for group in RouteGroup:
            groups[group] = await self._store.update(group, lambda state, limits, at: state.use(limits, at.steady))
        return BudgetStats(groups, {group: queue.length for group, queue in self._queues.items()})

    async def take(self, group: RouteGroup) -> Taken | float:
        """One try, without waiting: the slots, or the seconds until the next try is worth it."""
        return await self._store.update(group, lambda state, limits, at: state.take(limits, at))

    async def record_sent(self, group: RouteGroup, taken: Taken, waited: float) -> int:
        """The request of `taken` is on its way; returns how many slots are in use."""
        crowd = await self._store.update(group, lambda state, limits, at: state.sent(limits, at, taken, waited))
        self._queues[group].wake()
        return crowd

    async def give_back(self, group: RouteGroup, taken: Taken) -> None:
        """The request of `taken` never went out."""
        await self._store.update(group, lambda state, limits, at: state.release(taken))
        self._queues[group].wake()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` beside the caller; `settle` waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        _retrieved(task)

    async def settle(self) -> None:
        """Wait until what was granted is written down, so that the next process knows it."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def aclose(self) -> None:
        """Turn away who still waits, and settle."""
        for queue in self._queues.values():
            queue.close()
        await self.settle()


def _retrieved(task: asyncio.Task[Any]) -> None:
    # A store that could not record a request fails whoever asks next, with the same reason.
    if not task.cancelled():
        task.exception()


class _Queue:
    """The callers that wait for one group, and the task that serves them while there are any."""

    def __init__(self, budget: Budget, group: RouteGroup) -> None:
        self._budget = budget
        self._group = group
        self._waiting: dict[Priority, deque[asyncio.Future[Taken]]] = {priority: deque() for priority in Priority}
        self._server: asyncio.Task[None] | None = None
        self._sleep: asyncio.Task[None] | None = None

    @property
    def length(self) -> int:
        return sum(len(line) for line in self._waiting.values())

    async def wait_turn(self, priority: Priority) -> Taken:
        turn: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        line = self._waiting[priority]
        line.append(turn)
        if self._server is None:
            self._server = asyncio.create_task(self._serve())
            self._server.add_done_callback(_retrieved)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._budget.spawn(self._budget.give_back(self._group, turn.result()))
            elif turn in line:
                line.remove(turn)
                self.wake()
            raise

    async def _serve(self) -> None:
        try:
            while self.length:
                await self._serve_one()
        except asyncio.CancelledError:
            self._fail(RequestInvalid("The request budget was closed while this call waited for its turn."))
            raise
        except BaseException as error:
            self._fail(error)
            raise
        finally:
            self._server = None

    async def _serve_one(self) -> None:
        outcome = await self._budget.take(self._group)
        if isinstance(outcome, float):
            await self._sleep_until_slot(outcome)
            return
        turn = self._next()
        if turn is None:
            await self._budget.give_back(self._group, outcome)
        else:
            turn.set_result(outcome)

    def _next(self) -> asyncio.Future[Taken] | None:
        for line in self._waiting.values():
            while line:
                turn = line.popleft()
                if not turn.done():
                    return turn
        return None

    async def _sleep_until_slot(self, seconds: float) -> None:
        self._sleep = asyncio.ensure_future(self._budget.clock.sleep(seconds))
        try:
            await asyncio.wait({self._sleep})
        finally:
            self._sleep.cancel()
            self._sleep = None

    def wake(self) -> None:
        """Something changed: look again now."""
        if self._sleep is not None:
            self._sleep.cancel()

    def _fail(self, error: BaseException) -> None:
        while (turn := self._next()) is not None:
            turn.set_exception(error)

    def close(self) -> None:
        if self._server is not None:
            self._server.cancel()
