"""How many refused logins the audit log takes, so that a flood of guesses cannot fill the disk."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from emagsync.core.clock import Clock

MOST_NOTED: Final = 200
WINDOW: Final = timedelta(minutes=15)


class RefusalAllowance:
    """Of this process's refused logins the first 200 in 15 minutes are noted. Belongs to one event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: datetime | None = None
        self._noted = 0

    def take(self) -> str | None:
        """Whether to note a refused login: None for no; the last one gets the time until which no others are noted."""
        now = self._clock.now()
        if self._since is None or not self._since <= now < self._since + WINDOW:
            self._since, self._noted = now, 0
        self._noted += 1
        if self._noted > MOST_NOTED:
            return None
        return (self._since + WINDOW).isoformat() if self._noted == MOST_NOTED else ""
