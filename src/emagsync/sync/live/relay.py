"""Telling the other processes how runs get on, sooner than their rows do."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from emagsync.sync.schemas import Progress, Run


class News(NamedTuple):
    """What another process says of a run it carries: how far it is, or (`progress` is None) that its row changed."""

    run_id: str
    progress: Progress | None


class EventRelay(Protocol):
    """Carries news between processes, as well as it can: who must know looks at the rows."""

    def progress(self, progress: Progress) -> None:
        """A run of this process got on. Returns at once; at most four a second of each run are told."""
        ...

    def changed(self, run: Run) -> None:
        """A run's row has another state now. Returns at once."""
        ...

    async def listen(self, hear: Callable[[News], None]) -> None:
        """Hand in what other processes tell, until cancelled. News of this process is left out."""
        ...
