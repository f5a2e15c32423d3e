"""The request budget of one API user: who may send the next request, and when.

The states of one request, and who moves it on:

    waiting    its caller stands in the group's `_Queue`: urgent ones first (orders, writes), then in order of arrival.
               Only the caller in front asks the store; it sleeps until the store says that a slot is free.
    reserved   the store has granted it one slot of each rule, for `LEASE_SECONDS`. `Budget.acquire` returns a `Grant`.
    sent       the transport calls `Grant.sent` as the request's bytes go out: the slots are busy for one window
               (1.05 s) from that moment, not from when they were granted.
    released   the request will never be sent (`Grant.release`, or its caller was cancelled): the slots are free again.
    void       neither within the lease: the process died, or the store was away. A void slot counts as used
               at the end of its lease.

What depends on it:

- The store alone grants, one change at a time, because every process of the API user shares it. A second place that
  counted would let through more than eMAG allows.
- `sent` must come before the bytes are on their way and within the lease, or four requests could meet in one window.
- A caller may be cancelled at any point. A reservation that is made while its caller is being cancelled is given back
  by a task of the budget's own (`spawn`); `settle` waits for these before a process ends.
- What eMAG itself says (429, `Retry-After`, nothing remaining) pauses the whole group for everybody. While the store
  is away, that is kept here, and recorded before this process is granted anything else (`_unrecorded`).
- While the store is unavailable (Redis is away) nothing is granted. Callers wait and ask again after growing pauses;
  after `PATIENCE_SECONDS` the call fails with BudgetUnavailable, and a run is interrupted, to be resumed.
"""

from __future__ import annotations

import asyncio
from bisect import insort
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from enum import IntEnum
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple, Self, TypeVar

from emagsync.core.clock import Clock, SystemClock
from emagsync.core.concurrency import cancelled
from emagsync.marketplace.budget import response_headers
from emagsync.marketplace.budget.slots import (
    EMAG_LIMITS,
    NO_LIMITS,
    GroupState,
    GroupUse,
    Limits,
    Reservation,
    RouteGroup,
    UpdateContext,
)
from emagsync.marketplace.budget.stores import BudgetStore, FileStore, MemoryStore, StateChange
from emagsync.marketplace.errors import BudgetUnavailable, RequestInvalid

T = TypeVar("T")

HTTP_TOO_MANY: Final = 429
# How long a call waits for a store that does not answer. Long enough for Redis to restart or to fail over.
PATIENCE_SECONDS: Final = 60.0
_FIRST_RETRY_SECONDS: Final = 0.05
_LONGEST_RETRY_SECONDS: Final = 2.0
# Shorter than this is the work of granting itself, and not counted as a wait.
_NOTICEABLE_SECONDS: Final = 0.005


class Priority(IntEnum):
    """Which of the calls that wait for the same route group goes first."""

    URGENT = 0  # orders and writes
    NORMAL = 1  # catalogue reads


class BudgetStats(NamedTuple):
    """How much of a budget is in use, by route group, over all processes; `waiting` counts calls of this one only."""

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

    def __init__(self, budget: Budget, group: RouteGroup, reservation: Reservation, waited_seconds: float) -> None:
        self.group = group
        self.waited_seconds = waited_seconds
        self.was_sent = False
        # When this request went out, itself included.
        self.slots_in_use = 0
        self.sent_at: float | None = None
        self._budget = budget
        self._reservation = reservation
        self._settled = False

    def sent(self) -> None:
        """The request is being written now: its slot is busy for one window from this moment."""
        if not self._settled:
            self._settled = self.was_sent = True
            self.sent_at = self._budget.clock.monotonic()
            self._budget.spawn(self._record())

    async def _record(self) -> None:
        self.slots_in_use = await self._budget.record_sent(self.group, self._reservation, self.waited_seconds)

    async def release(self) -> None:
        """Give the slot back unless the request was sent. Also done when the caller is being cancelled."""
        if not self._settled:
            self._settled = True
            await asyncio.shield(self._budget.spawn(self._budget.give_back(self.group, self._reservation)))


class Budget:
    """The one owner of an API user's request budget. Belongs to one event loop; share it between clients.

    `in_memory` counts for this process, `on_disk` for all processes of this machine that name the same directory and
    key; with a `RedisStore` it counts for those of all machines. eMAG's own answers reach it through `apply_response`.
    A call waits `patience_seconds` for a store that is unavailable, by default `PATIENCE_SECONDS`.
    """

    grant_type: ClassVar[type[Grant]] = Grant

    def __init__(
        self, store: BudgetStore, *, clock: Clock | None = None, patience_seconds: float | None = None
    ) -> None:
        self.clock = clock or SystemClock()
        self.patience_seconds = PATIENCE_SECONDS if patience_seconds is None else patience_seconds
        self._store = store
        self._queues = {group: _Queue(self, group) for group in RouteGroup}
        self._tasks: set[asyncio.Task[Any]] = set()
        # What eMAG said while the store was unavailable.
        self._unrecorded: dict[RouteGroup, list[StateChange[None]]] = {group: [] for group in RouteGroup}

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
    def unlimited(cls, *, clock: Clock | None = None) -> Self:
        """Only pauses, no limits: for a marketplace of one's own."""
        clock = clock or SystemClock()
        return cls(MemoryStore(NO_LIMITS, clock), clock=clock)

    @property
    def limits(self) -> Mapping[RouteGroup, Limits]:
        """The limits that are enforced, by route group."""
        return self._store.limits

    async def acquire(self, group: RouteGroup, priority: Priority = Priority.NORMAL) -> Grant:
        """Wait for the right to send one request of `group`. May be cancelled at any point without losing a slot.

        Raises BudgetStoreError, and BudgetUnavailable when the store has not answered for `patience_seconds`.
        """
        began = self.clock.monotonic()
        reservation = await self._queues[group].wait_for_slot(priority)
        waited = self.clock.monotonic() - began
        return self.grant_type(self, group, reservation, waited if waited >= _NOTICEABLE_SECONDS else 0.0)

    async def pause(self, group: RouteGroup, seconds: float) -> None:
        """Let no request of `group` start for `seconds` (at most 120), in any process."""
        asked_at = self.clock.monotonic()

        def change(state: GroupState, _limits: Limits, at: UpdateContext) -> None:
            state.pause(at.now, seconds - (self.clock.monotonic() - asked_at))

        await self._record(group, change)

    async def refused(self, group: RouteGroup, *, since_sent: float, pause: float | None) -> None:
        """A request that went out `since_sent` seconds ago got a 429: the whole group pauses and spaces out."""
        refused_at = self.clock.monotonic()

        def change(state: GroupState, _limits: Limits, at: UpdateContext) -> None:
            ago = self.clock.monotonic() - refused_at
            state.refused(at.now, since_sent + ago, None if pause is None else pause - ago)

        await self._record(group, change)

    async def _record(self, group: RouteGroup, change: StateChange[None]) -> None:
        try:
            await self._update(group, change)
        except BudgetUnavailable:
            self._unrecorded[group].append(change)
        self._queues[group].wake()

    async def _update(self, group: RouteGroup, change: StateChange[T]) -> T:
        """Apply what could not be recorded while the store was away, then `change`."""
        earlier = tuple(self._unrecorded[group])
        if not earlier:
            return await self._store.update(group, change)

        def with_unrecorded(state: GroupState, limits: Limits, at: UpdateContext) -> T:
            for one in earlier:
                one(state, limits, at)
            return change(state, limits, at)

        result = await self._store.update(group, with_unrecorded)
        self._unrecorded[group] = [one for one in self._unrecorded[group] if one not in earlier]
        return result

    async def apply_response(self, grant: Grant, status: int, headers: Mapping[str, str]) -> None:
        """Learn from the answer to the request of `grant`: a 429, or headers that say that nothing remains."""
        now = self.clock.now()
        since_sent = self.clock.monotonic() - grant.sent_at if grant.sent_at is not None else 0.0
        pause = response_headers.minute_pause(headers, now)
        if status == HTTP_TOO_MANY:
            retry_after = response_headers.retry_after(headers, now)
            await self.refused(grant.group, since_sent=since_sent, pause=pause if retry_after is None else retry_after)
            return
        if pause is None and response_headers.second_is_spent(headers) and not self._explains(grant):
            # The gateway's second began before the request reached it and ends within a second of that.
            pause = 1.0 - since_sent
        if pause is not None and pause > 0:
            await self.pause(grant.group, pause)

    def _explains(self, grant: Grant) -> bool:
        """Whether our own requests alone may have used up the second: then our own spacing is pause enough."""
        rules = self._store.limits[grant.group].rules
        return bool(rules) and grant.slots_in_use >= rules[0].requests

    async def stats(self) -> BudgetStats:
        """What the budget has seen, and its present use. Raises BudgetUnavailable at once, without waiting."""
        groups: dict[RouteGroup, GroupUse] = {}
        for group in RouteGroup:
            groups[group] = await self._update(group, lambda state, limits, at: state.use(limits, at.now))
        return BudgetStats(groups, {group: queue.length for group, queue in self._queues.items()})

    async def wait_until_available(self) -> None:
        """Wait, however long, until the store answers."""
        for failures in count():
            try:
                await self.stats()
            except BudgetUnavailable:
                await self.clock.sleep(_retry_after(failures))
            else:
                return

    async def take(self, group: RouteGroup) -> Reservation | float:
        """One try, without waiting: the slots, or the seconds until the next try is worth it."""
        return await self._update(group, lambda state, limits, at: state.take(limits, at))

    async def record_sent(self, group: RouteGroup, reservation: Reservation, waited: float) -> int:
        """The request of `reservation` is on its way; returns how many slots are in use."""
        in_use = await self._update(group, lambda state, limits, at: state.sent(limits, at, reservation, waited))
        self._queues[group].wake()
        return in_use

    async def give_back(self, group: RouteGroup, reservation: Reservation) -> None:
        """The request of `reservation` never went out. If the store is not told, the slot is free when it is void."""
        with suppress(BudgetUnavailable):
            await self._update(group, lambda state, limits, at: state.release(reservation))
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
        """Wait until every request that was sent is recorded in the store, so that the next process knows of it."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def aclose(self) -> None:
        """Fail the calls that still wait, and settle."""
        for queue in self._queues.values():
            queue.close()
        await self.settle()


def _retrieved(task: asyncio.Task[Any]) -> None:
    # A store that cannot record a request fails the next call too, with the same reason.
    if not task.cancelled():
        task.exception()


def _retry_after(failures: int) -> float:
    return min(_LONGEST_RETRY_SECONDS, _FIRST_RETRY_SECONDS * 2.0 ** min(failures, 10))


class _Waiter:
    """A caller in the queue. `changed` is set when it is to look again; `is_waiting` is false once it is to give up."""

    def __init__(self, ticket: tuple[Priority, int]) -> None:
        self.ticket = ticket
        self.changed = asyncio.Event()
        self.is_waiting = True


class _Queue:
    """The callers that wait for one route group, in the order in which they are served. Nothing polls: only the one in
    front asks the store. A change wakes that one alone: hundreds may wait, and all of them would be late."""

    def __init__(self, budget: Budget, group: RouteGroup) -> None:
        self._budget = budget
        self._group = group
        self._numbers = count()
        self._waiting: list[_Waiter] = []
        # When the store stopped answering, and how often it was asked since.
        self._unavailable_since: float | None = None
        self._failures = 0

    @property
    def length(self) -> int:
        return len(self._waiting)

    async def wait_for_slot(self, priority: Priority) -> Reservation:
        waiter = _Waiter((priority, next(self._numbers)))
        arrived_at = self._budget.clock.monotonic()
        insort(self._waiting, waiter, key=lambda one: one.ticket)
        try:
            while True:
                await self._until_first(waiter)
                waiter.changed.clear()
                try:
                    reserved = await self._take()
                except BudgetUnavailable as error:
                    wait = self._wait_for_store(error, arrived_at)
                else:
                    self._unavailable_since = None
                    if isinstance(reserved, Reservation):
                        return reserved
                    wait = reserved
                await self._sleep_until_slot(wait, waiter.changed)
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            self.wake()

    async def _until_first(self, waiter: _Waiter) -> None:
        while waiter.is_waiting:
            if self._waiting[0] is waiter:
                return
            await waiter.changed.wait()
            waiter.changed.clear()
        raise RequestInvalid("The request budget was closed while this call waited for a slot.")

    async def _take(self) -> Reservation | float:
        # A task of its own: it is finished even if the caller is cancelled, so that what it got can be given back.
        taking = self._budget.spawn(self._budget.take(self._group))
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            self._budget.spawn(self._return(taking))
            raise

    async def _return(self, taking: asyncio.Task[Reservation | float]) -> None:
        reserved = await taking
        if isinstance(reserved, Reservation):
            await self._budget.give_back(self._group, reserved)

    def _wait_for_store(self, error: BudgetUnavailable, arrived_at: float) -> float:
        """Seconds until the store is asked again. Raises BudgetUnavailable when the caller has waited for too long."""
        now = self._budget.clock.monotonic()
        if self._unavailable_since is None:
            self._unavailable_since, self._failures = now, 0
        patience = self._budget.patience_seconds
        left = patience - (now - max(self._unavailable_since, arrived_at))
        if left <= 0:
            raise BudgetUnavailable(
                f"No request could be sent to eMAG for {patience:.0f} s, because requests cannot be counted: {error}. "
                "Nothing is lost: work goes on when it is back."
            ) from error
        self._failures += 1
        return min(_retry_after(self._failures - 1), left)

    async def _sleep_until_slot(self, seconds: float, changed: asyncio.Event) -> None:
        """Sleep for `seconds`, or until something changes, also if that was while the store was asked."""
        waits = [asyncio.ensure_future(wait) for wait in (self._budget.clock.sleep(seconds), changed.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancelled(*waits)

    def wake(self) -> None:
        """Something changed: the caller in front looks again."""
        if self._waiting:
            self._waiting[0].changed.set()

    def close(self) -> None:
        """Fail the calls that wait."""
        closed, self._waiting = self._waiting, []
        for waiter in closed:
            waiter.is_waiting = False
            waiter.changed.set()
