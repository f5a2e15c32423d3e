"""Clocks that a test moves."""

from __future__ import annotations

from datetime import datetime, timedelta

from emagsync.core.clock import SystemClock


class ForwardClock(SystemClock):
    """The machine's clock, and whatever a test puts it forward by. Waits are real."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def forward(self, **by: float) -> None:
        """Put it forward: `clock.forward(minutes=5)`."""
        self._ahead += timedelta(**by)

    def now(self) -> datetime:
        return super().now() + self._ahead


class StoppedClock(ForwardClock):
    """Stands still at the moment it was made, except for what a test puts it forward by."""

    def __init__(self) -> None:
        super().__init__()
        self._moment = SystemClock().now()

    def now(self) -> datetime:
        return self._moment + self._ahead
