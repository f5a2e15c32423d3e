"""Counts that take longer than a scrape may: made beside the scrapes, which show what was counted last."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from emagsync.core.clock import Clock
from emagsync.core.concurrency import cancelled

T = TypeVar("T")

# How long a scrape waits for a count that is under way.
_WAIT_SECONDS: Final = 0.02
# Counting takes at most a fiftieth of the time.
_REST: Final = 50


class CountedBeside(Generic[T]):
    """The newest result of a count, which is made again when somebody asks for it, at most one at a time.

    After a count that took longer than `quick_seconds` none is begun for fifty times as long; after any for at least
    `shortest_rest` seconds. Close it.
    """

    def __init__(
        self,
        count: Callable[[], Awaitable[T]],
        clock: Clock,
        *,
        quick_seconds: float = 0.0,
        shortest_rest: float = 0.0,
    ) -> None:
        self._make = count
        self._clock = clock
        self._quick_seconds = quick_seconds
        self._shortest_rest = shortest_rest
        self._found: T | None = None
        self._stamp: object = None
        self._counting: asyncio.Task[None] | None = None
        self._rests_until = 0.0

    async def newest(self, stamp: object = None) -> T | None:
        """What was counted last; the first time it is waited for. None: the first count failed for somebody else.

        With a `stamp`, a count is good as long as the stamp stays the same. Raises what the count raises that is
        waited for.
        """
        if self._counting is None and self._is_stale(stamp) and self._clock.monotonic() >= self._rests_until:
            self._counting = asyncio.get_running_loop().create_task(self._count(stamp))
            self._counting.add_done_callback(_retrieve)
        counting = self._counting
        if self._found is None and counting is not None:
            await asyncio.shield(counting)
        elif counting is not None:
            done, _ = await asyncio.wait({counting}, timeout=_WAIT_SECONDS)
            for task in done:
                task.result()
        return self._found

    async def aclose(self) -> None:
        """Cancel a count that is under way."""
        if self._counting is not None:
            await cancelled(self._counting)

    def _is_stale(self, stamp: object) -> bool:
        return stamp is None or stamp != self._stamp

    async def _count(self, stamp: object) -> None:
        began = self._clock.monotonic()
        try:
            self._found = await self._make()
            self._stamp = stamp
        finally:
            took = self._clock.monotonic() - began
            rest = took * _REST if took > self._quick_seconds else 0.0
            self._rests_until = self._clock.monotonic() + max(rest, self._shortest_rest)
            self._counting = None


def _retrieve(task: asyncio.Task[None]) -> None:
    # The next scrape starts again a count that failed after its own scrape was answered.
    if not task.cancelled():
        task.exception()
