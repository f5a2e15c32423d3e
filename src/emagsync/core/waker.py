"""Resting until there is something to do: for so long, or until somebody wakes."""

from __future__ import annotations

import asyncio

from emagsync.core.clock import Clock
from emagsync.core.concurrency import cancelled


class Waker:
    """What wakes a loop that looks for work now and then; waking it while it works makes its next rest end at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look now."""
        self._woken.set()

    async def rest(self, seconds: float) -> None:
        """Wait so long, or until woken."""
        waking = asyncio.ensure_future(self._woken.wait())
        resting = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait({waking, resting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancelled(waking, resting)
        self._woken.clear()
