"""Tells other processes about progress of runs, sooner than polling their rows does."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from emagsync.sync.schemas import Progress, Run


class RunUpdate(NamedTuple):
    """An update from the process that executes a run: its progress, or (`progress` is None) that its row changed."""

    run_id: str
    progress: Progress | None


class EventRelay(Protocol):
    """Carries updates between processes, best effort: whoever must know looks at the rows."""

    def progress(self, progress: Progress) -> None:
        """A run of this process made progress. Returns at once; at most four updates a second of each run are sent."""
        ...

    def changed(self, run: Run) -> None:
        """A run's row has another state now. Returns at once."""
        ...

    async def listen(self, receive: Callable[[RunUpdate], None]) -> None:
        """Call `receive` with the updates of other processes, until cancelled."""
        ...
