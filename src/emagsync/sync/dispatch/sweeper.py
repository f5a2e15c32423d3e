"""Finds orphaned runs, every few seconds: their worker died, or the queue lost their message."""

from __future__ import annotations

import structlog

from emagsync.core.clock import Clock
from emagsync.db.errors import DatabaseError
from emagsync.sync.control import RunControl
from emagsync.sync.dispatch.celery_executor import CeleryExecutor
from emagsync.sync.errors import BrokerAway

log = structlog.get_logger()


class Sweeper:
    """Any number of processes may sweep: a run is taken from a dead worker by one of them, and sent twice at worst.

    With `seconds` between two sweeps, a run whose worker died is resumed after about that long when its machine is this
    one, and else `EMAGSYNC_SYNC__STALE_AFTER_SECONDS` after its last heartbeat.
    """

    def __init__(self, control: RunControl, executor: CeleryExecutor, clock: Clock, *, seconds: float) -> None:
        self._control = control
        self._executor = executor
        self._clock = clock
        self._seconds = seconds
        self._broker_away = False

    async def run(self) -> None:
        """Sweep for as long as the application runs."""
        while True:
            try:
                await self.sweep()
            except DatabaseError as error:
                log.warning("runs_not_swept", error=str(error))
            await self._clock.sleep(self._seconds)

    async def sweep(self) -> list[str]:
        """Have every orphaned run resumed. Returns the ids. Raises DatabaseError."""
        resumed = await self._control.resume(all_interrupted=False)
        try:
            sent = await self._executor.resend_lost()
        except BrokerAway as error:
            self._say_away(error)
            return resumed
        if self._broker_away:
            self._broker_away = False
            log.warning("broker_back", sent_again=len(sent))
        return [*resumed, *sent]

    def _say_away(self, error: BrokerAway) -> None:
        if not self._broker_away:
            self._broker_away = True
            log.warning("broker_away", error=str(error), next="runs are made and wait; they are sent when it is back")
