"""An account's circuit: after a burst of failures nothing more is asked until a probe gets through.

eMAG's 5xx come in bursts that last minutes, often for one account only. Trying every page through such a burst would
spend the budget, and the retries of all pages, for nothing.
"""

from __future__ import annotations

import asyncio

from emagsync.core.clock import Clock
from emagsync.core.errors import EmagsyncError, ErrorKind
from emagsync.sync.schemas import RunErrorCode

BURST = 3
PROBE_AFTER = (2.0, 4.0, 8.0, 15.0)
PATIENCE_SECONDS = 60.0


class AccountDown(EmagsyncError):
    """eMAG kept failing for this account."""

    code = RunErrorCode.ACCOUNT_DOWN.value
    kind = ErrorKind.TRANSIENT


class Circuit:
    """Counts failures in a row; open after `BURST` of them. One probe at a time decides."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._in_a_row = 0
        self._closed = asyncio.Event()
        self._closed.set()
        self._probing = asyncio.Lock()
        self._opened_at = 0.0
        self._probes = 0
        self.successes = 0

    @property
    def is_open(self) -> bool:
        """Whether pages have to wait."""
        return not self._closed.is_set()

    @property
    def is_healthy(self) -> bool:
        """Whether other calls get through, so that a page that fails fails by itself."""
        return self.successes > 0 and not self.is_open

    def succeeded(self) -> None:
        """A call got through."""
        self.successes += 1
        self._in_a_row = 0
        self._probes = 0
        self._closed.set()

    def failed(self) -> None:
        """A page could not be read, after all its retries."""
        self._in_a_row += 1
        if self._in_a_row >= BURST and not self.is_open:
            self._opened_at = self._clock.monotonic()
            self._closed.clear()

    async def turn_to_probe(self) -> bool:
        """Wait while the circuit is open. True: the caller must probe now; False: it is closed.

        Raises AccountDown when no probe got through for `PATIENCE_SECONDS`.
        """
        async with self._probing:
            if not self.is_open:
                return False
            down_for = self._clock.monotonic() - self._opened_at
            if down_for >= PATIENCE_SECONDS:
                raise AccountDown(
                    f"eMAG has failed every request for {down_for:.0f} s: nothing was removed, what was read is kept. "
                    "Try again later; the next sync goes on from here."
                )
            wait = PROBE_AFTER[min(self._probes, len(PROBE_AFTER) - 1)]
            self._probes += 1
            await self._clock.sleep(wait)
            return True
