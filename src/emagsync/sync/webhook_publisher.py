"""Announces ended runs to the webhooks, and to the people who are told: each exactly once, whichever process it ended
in."""

from __future__ import annotations

from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError
from emagsync.deliveries.occurrence_repository import OccurrenceKind, note
from emagsync.sync import ended_repository
from emagsync.sync.api_schemas import run_view
from emagsync.sync.run_factory import FRESHNESS
from emagsync.sync.schemas import Mode, Run, RunErrorCode, RunStatus
from emagsync.webhooks import message_repository
from emagsync.webhooks.events import EventKind

log = structlog.get_logger()

_LOOK_SECONDS: Final = 1.0
_TO_PEOPLE: Final = frozenset({EventKind.FAILED, EventKind.PARTIAL, EventKind.STUCK})


class RunWebhookPublisher:
    """Looks for ended runs that were not announced; their rows remember it, so any number of publishers may look."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """Announce for as long as the application runs."""
        while True:
            try:
                await self.announce()
            except DatabaseError as error:
                log.warning("ends_not_announced", error=str(error))
            await self._clock.sleep(_LOOK_SECONDS)

    async def announce(self) -> int:
        """Put the messages about runs that have ended into the table. Returns the number of runs."""
        async with self._database.snapshot() as connection:
            runs = await ended_repository.unannounced(connection)
        announced = 0
        for run in runs:
            async with self._database.transaction() as connection:
                if await ended_repository.mark_announced(connection, run.id):
                    body = {"run": run_view(run, self._clock.now()).model_dump(mode="json")}
                    events = events_of(run)
                    await message_repository.enqueue(connection, events, body, now=self._clock.now())
                    if _TO_PEOPLE.intersection(events):
                        await self._note(connection, run)
                    announced += 1
        return announced

    async def _note(self, connection: AsyncConnection, run: Run) -> None:
        detail = {
            "run_id": run.id,
            "status": run.status,
            "processed": run.processed,
            "total": run.total_items,
            "code": run.errors[-1].code if run.errors else None,
        }
        await note(connection, OccurrenceKind.RUN, run.account, detail=detail, at=self._clock.now())


def events_of(run: Run) -> tuple[EventKind, ...]:
    """The events of an ended run, the most specific first. None for a dry run, which changed nothing, nor for one that
    was abandoned or gave way: the run that took its place will be announced. Nor for the readings of a few offers that
    keep these fresh, every few minutes, unless one fails."""
    has_not_finished = run.status in (RunStatus.FAILED, RunStatus.CANCELLED)
    codes = {error.code for error in run.errors} if has_not_finished else set()
    if run.parameters.dry_run or RunErrorCode.INTERRUPTED in codes:
        return ()
    if run.trigger == FRESHNESS and run.mode is Mode.SELECTIVE and run.status is RunStatus.PARTIAL:
        return ()
    ends = {
        RunStatus.COMPLETED: EventKind.COMPLETED,
        RunStatus.PARTIAL: EventKind.PARTIAL,
        RunStatus.FAILED: EventKind.FAILED,
        RunStatus.CANCELLED: EventKind.CANCELLED,
    }
    ending = ends.get(run.status)
    if ending is None:
        return ()
    return (EventKind.STUCK, ending) if RunErrorCode.STUCK in codes else (ending,)
