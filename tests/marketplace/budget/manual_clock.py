"""A clock that tests move themselves."""

from __future__ import annotations

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count

_EPOCH = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
_STEPS_UNTIL_QUIET = 300


class ManualClock:
    """Time stands still until `advance`; then sleepers wake in order, each at its own moment."""

    def __init__(self, start: float = 1000.0) -> None:
        self._start = self._now = start
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self.slept = 0

    def now(self) -> datetime:
        return _EPOCH + timedelta(seconds=self._now - self._start)

    def monotonic(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self.slept += 1
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + max(seconds, 0.0), next(self._order), waking))
        await waking

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass, and everything happen that happens meanwhile."""
        end = self._now + seconds
        await quiet()
        while self._sleepers and self._sleepers[0][0] <= end:
            when, _, waking = heapq.heappop(self._sleepers)
            self._now = max(self._now, when)
            if not waking.done():
                waking.set_result(None)
            await quiet()
        self._now = end
        await quiet()


async def quiet() -> None:
    """Give every task that can run the chance to."""
    for _ in range(_STEPS_UNTIL_QUIET):
        await asyncio.sleep(0)
