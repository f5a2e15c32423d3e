"""Stops asking eMAG for an account that keeps failing, until a probe gets through.

eMAG's 5xx come in bursts that last minutes, often for one account only. Trying every page through such a burst would
spend the budget, and the retries of all pages, for nothing.

    closed  eMAG is asked; `BURST` calls in a row that fail, after their retries, open the circuit, unless they are all
            about one page or one offer: then that one is broken, and not the account
    open    every caller waits in `may_probe`; one after the other is let through to probe, after growing waits
            (`PROBE_AFTER`). When none gets through for `PATIENCE_SECONDS`, the run fails with AccountDown

Any success closes it again: a probe's, or that of a call that was on its way when it opened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable

from emagsync.core.clock import Clock
from emagsync.core.errors import EmagsyncError, ErrorKind
from emagsync.marketplace.errors import EmagError
from emagsync.sync.schemas import RunErrorCode

BURST = 3
PROBE_AFTER = (2.0, 4.0, 8.0, 15.0)
PATIENCE_SECONDS = 60.0


class AccountDown(EmagsyncError):
    """eMAG kept failing for this account."""

    code = RunErrorCode.ACCOUNT_DOWN.value
    kind = ErrorKind.TRANSIENT


class Circuit:
    """The circuit of one run. It opens after `BURST` failures in a row."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._in_a_row = 0
        self._failing: set[Hashable] = set()
        self._closed = asyncio.Event()
        self._closed.set()
        self._probing = asyncio.Lock()
        self._opened_at = 0.0
        self._probes = 0
        self._error: EmagError | None = None
        self.successes = 0

    @property
    def is_open(self) -> bool:
        """Whether calls have to wait."""
        return not self._closed.is_set()

    @property
    def is_healthy(self) -> bool:
        """Whether other calls get through, so that a page that fails fails by itself."""
        return self.successes > 0 and not self.is_open

    def succeeded(self) -> None:
        """A call got through."""
        self.successes += 1
        self._in_a_row = 0
        self._failing.clear()
        self._probes = 0
        self._closed.set()

    def failed(self, error: EmagError, what: Hashable) -> None:
        """A call about `what`, a page or an offer, failed after all its retries."""
        self._error = error
        self._in_a_row += 1
        self._failing.add(what)
        if self._in_a_row >= BURST and len(self._failing) > 1 and not self.is_open:
            self._opened_at = self._clock.monotonic()
            self._closed.clear()

    def probe_failed(self, error: EmagError) -> None:
        """A probe did not get through."""
        self._error = error

    async def may_probe(self) -> bool:
        """Wait while the circuit is open. True: the caller must probe now; False: it is closed.

        Raises AccountDown when no probe got through for `PATIENCE_SECONDS`.
        """
        async with self._probing:
            if not self.is_open:
                return False
            down_for = self._clock.monotonic() - self._opened_at
            if down_for >= PATIENCE_SECONDS:
                raise AccountDown(
                    f"eMAG has failed every request for {down_for:.0f} s{self._reason()}. Nothing was removed, what "
                    "was read is kept. Try again later; the next sync goes on from here."
                )
            wait = PROBE_AFTER[min(self._probes, len(PROBE_AFTER) - 1)]
            self._probes += 1
            await self._clock.sleep(wait)
            return self.is_open

    def _reason(self) -> str:
        return f" ({self._error.message})" if self._error is not None else ""
