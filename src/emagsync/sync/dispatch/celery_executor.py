"""Hands runs to Celery workers: a message carries a run's id and nothing else, and the row stays the truth.

A message that is lost costs seconds, one that comes twice costs nothing: whoever gets it has to claim the row first.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Final, Protocol

import structlog

from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError
from emagsync.sync import repository
from emagsync.sync.errors import BrokerAway, RunNotFound
from emagsync.sync.run_factory import last_heartbeat
from emagsync.sync.schemas import Run
from emagsync.sync.service import SyncService

log = structlog.get_logger()

# A message younger than this may be on its way between the queue and a worker.
_SETTLED_AFTER: Final = timedelta(seconds=5)


class RunQueue(Protocol):
    """The queue that the workers take runs from."""

    async def send(self, run_id: str, *, timeout_seconds: int) -> None:
        """Have a worker execute this run, which takes at most that long. Raises BrokerAway."""
        ...

    async def length(self) -> int:
        """How many messages no worker has taken yet. Raises BrokerAway."""
        ...


class CeleryExecutor:
    """An `Executor` that sends runs to the workers. What could not be sent, or was lost, is sent by `resend_lost`."""

    def __init__(self, service: SyncService, queue: RunQueue, database: Database, clock: Clock) -> None:
        self._service = service
        self._queue = queue
        self._database = database
        self._clock = clock
        self._sending: dict[str, asyncio.Task[None]] = {}

    def submit(self, run_id: str) -> None:
        """Put the run into the queue, without waiting for it."""
        if run_id not in self._sending:
            task = asyncio.get_running_loop().create_task(self._send(run_id), name=f"send run {run_id}")
            self._sending[run_id] = task
            task.add_done_callback(lambda done: self._sent(run_id, done))

    def stop(self, run_id: str) -> None:
        """Nothing: its worker looks at the row every second."""

    async def length(self) -> int:
        """How many messages no worker has taken yet. Raises BrokerAway."""
        return await self._queue.length()

    async def resend_lost(self) -> list[str]:
        """Send again the runs that wait for a worker though no message says so. Returns the ids.

        A broker that lost its memory, or that was away when the run was made, leaves fewer messages than runs; the
        oldest are sent again, and one of them too many is harmless. Raises BrokerAway.
        """
        waiting = await self._service.waiting()
        if not waiting:
            return []
        lost = len(waiting) - len(self._sending) - await self._queue.length()
        settled = [run for run in waiting if self._is_settled(run)]
        ids = [run.id for run in settled[: max(lost, 0)]]
        for run_id in ids:
            log.info("run_sent_again", run_id=run_id)
            self.submit(run_id)
        return ids

    async def aclose(self) -> None:
        """Wait until what is being sent has arrived."""
        while self._sending:
            await asyncio.gather(*self._sending.values(), return_exceptions=True)

    def _is_settled(self, run: Run) -> bool:
        return run.id not in self._sending and self._clock.now() - last_heartbeat(run) >= _SETTLED_AFTER

    async def _send(self, run_id: str) -> None:
        try:
            async with self._database.snapshot() as connection:
                run = await repository.get_run(connection, run_id)
            await self._queue.send(run_id, timeout_seconds=run.parameters.timeout_seconds)
        except RunNotFound:
            return
        except (BrokerAway, DatabaseError) as error:
            log.warning("run_not_sent", run_id=run_id, error=str(error), next="it is sent again until a worker has it")

    def _sent(self, run_id: str, task: asyncio.Task[Any]) -> None:
        self._sending.pop(run_id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("sending_crashed", run_id=run_id, exc_info=error)
