"""Clocks that a test moves."""

from __future__ import annotations

from datetime import datetime, timedelta

from emagsync.core.clock import SystemClock


class ForwardClock(SystemClock):
    """Its time stands still, but for what a test puts it forward by: how long a step takes changes nothing of what a
    test expects to the second. Waits are real.
    """

    def __init__(self) -> None:
        self._now = super().now()

    def forward(self, **by: float) -> None:
        """Put it forward: `clock.forward(minutes=5)`."""
        self._now += timedelta(**by)

    def now(self) -> datetime:
        return self._now
