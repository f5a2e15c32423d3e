"""Clocks that a test moves."""

from __future__ import annotations

from datetime import datetime, timedelta

from emagsync.core.clock import SystemClock

_TICK = timedelta(microseconds=1)


class ForwardClock(SystemClock):
    """Moves when a test puts it forward, not while a step takes its time: what is expected to the second is so on any
    machine. Of two looks at it the second one is later, by a microsecond. Waits are real.
    """

    def __init__(self) -> None:
        self._now = super().now()

    def forward(self, **by: float) -> None:
        """Put it forward: `clock.forward(minutes=5)`."""
        self._now += timedelta(**by)

    def now(self) -> datetime:
        self._now += _TICK
        return self._now


class StoppedClock(ForwardClock):
    """Its looks are all of one moment: for what is compared with times that a test makes itself."""

    def now(self) -> datetime:
        return self._now
