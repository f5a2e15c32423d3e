"""Publishes live events of runs: of this process at once, of others from the relay or by polling their rows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

import structlog

from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError
from emagsync.rest.events import EventBroker
from emagsync.sync import repository
from emagsync.sync.api_schemas import run_view
from emagsync.sync.live.relay import EventRelay, RunUpdate
from emagsync.sync.schemas import Progress, Run, RunStatus

log = structlog.get_logger()

PROGRESS_SECONDS: Final = 0.25
LOOK_SECONDS: Final = 1.0
RECENT: Final = 10
# A run of which another process sent an update so recently is not polled for its progress.
HEARD_SECONDS: Final = 2.0


class LiveRuns:
    """Publishes `run` when a run's state changes, and `progress` at most four times a second for each run.

    State changes of this process's runs come at once by `changed`; the rows are looked at once a second while somebody
    listens, so runs of other processes are seen too. With a relay those are seen at once: what is heard of them by
    `receive` makes it look at the rows early, or is published as their progress.
    """

    _REMEMBERED = 200

    def __init__(self, database: Database, clock: Clock, relay: EventRelay | None = None) -> None:
        self._database = database
        self._clock = clock
        self._relay = relay
        self.broker = EventBroker(self.snapshot, history=database.history_id)
        self._runs: dict[str, Run] = {}  # those that were active when they were last seen
        self._published: dict[str, tuple[RunStatus, int]] = {}
        self._progress: dict[str, Progress] = {}  # not published yet
        self._own: set[str] = set()  # executed by this process
        self._heard: dict[str, float] = {}  # executed by another one, which sent an update at that moment
        self._changed: set[str] = set()  # another one said so; not looked at yet

    async def snapshot(self) -> dict[str, Any]:
        """The active runs and the latest ones."""
        async with self._database.snapshot() as connection:
            active = await repository.active_runs(connection)
            recent = await repository.runs(connection, limit=RECENT)
        return {"running": self._views(active), "recent": self._views(recent)}

    def progress(self, progress: Progress) -> None:
        """A run of this process made progress."""
        self._own.add(progress.run_id)
        self._progress[progress.run_id] = progress
        if self._relay is not None:
            self._relay.progress(progress)
        run = self._runs.get(progress.run_id)
        if run is not None and run.status is not RunStatus.RUNNING:
            # Its row says so too by now; a claim is a new attempt.
            begun = {"attempt": run.attempt + 1, "started_at": run.started_at or self._clock.now()}
            self.changed(_advanced(run, progress).model_copy(update=begun))

    def changed(self, run: Run) -> None:
        """Publish the run's state, here and in other processes, unless it was published already."""
        if self._publish(run) and self._relay is not None:
            self._relay.changed(run)

    def receive(self, update: RunUpdate) -> None:
        """Another process sent an update of a run. Its row is believed, not the message, which may be late."""
        if not self.broker.listeners:
            return
        if update.progress is None and len(self._changed) < self._REMEMBERED:
            self._changed.add(update.run_id)
        elif update.progress is not None and update.run_id not in self._own:
            self._heard[update.run_id] = self._clock.monotonic()
            self._progress[update.run_id] = update.progress
            run = self._runs.get(update.run_id)
            if run is not None and run.status is not RunStatus.RUNNING:
                self._changed.add(update.run_id)

    def _publish(self, run: Run) -> bool:
        state = (run.status, run.attempt)
        if self._published.get(run.id) == state:
            return False
        self._published[run.id] = state
        self._runs[run.id] = run
        self.broker.publish("run", self._view(run))
        if run.status.is_finished:
            self._forget(run.id)
        return True

    async def look(self) -> None:
        """Compare the rows with what was published, and publish what changed."""
        changed = frozenset(self._changed)
        async with self._database.snapshot() as connection:
            active = await repository.active_runs(connection)
            # One that began and ended between two looks is known by what was heard of it alone.
            gone = (self._runs.keys() | changed) - {run.id for run in active}
            ended = await repository.runs_by_id(connection, sorted(gone)) if gone else []
        for run in (*ended, *active):
            before = self._runs.get(run.id)
            self._publish(run)
            if before is not None and not self._is_followed(run) and _got_on(before, run):
                self.broker.publish("progress", self._view(run))
        self._runs = {run.id: run for run in active}
        self._changed -= changed
        self._heard = {run_id: at for run_id, at in self._heard.items() if run_id in self._runs}
        self._forget_published()

    async def run(self) -> None:
        """Publish for as long as the application runs."""
        looked = self._clock.monotonic() - LOOK_SECONDS
        while True:
            await self._clock.sleep(PROGRESS_SECONDS)
            if not self.broker.listeners:
                self._progress.clear()
                continue
            if self._changed or self._clock.monotonic() - looked >= LOOK_SECONDS:
                looked = self._clock.monotonic()
                try:
                    await self.look()
                except DatabaseError as error:
                    log.warning("live_runs_not_seen", error=str(error))
            self._publish_progress()

    def _is_followed(self, run: Run) -> bool:
        """Whether its progress comes without polling."""
        heard = self._heard.get(run.id)
        return run.id in self._own or (heard is not None and self._clock.monotonic() - heard < HEARD_SECONDS)

    def _publish_progress(self) -> None:
        for run_id, progress in self._progress.items():
            run = self._runs.get(run_id)
            is_late = run is not None and run_id not in self._own and progress.processed < run.processed
            if run is not None and run.status is RunStatus.RUNNING and not is_late:
                self.broker.publish("progress", self._view(_advanced(run, progress)))
        # One that is not known yet is seen by the next look at the rows.
        self._progress.clear()

    def _forget_published(self) -> None:
        # Those that ended just now are remembered: their end may be heard of from two sides.
        for run_id in list(self._published)[: -self._REMEMBERED]:
            if run_id not in self._runs:
                del self._published[run_id]

    def _forget(self, run_id: str) -> None:
        self._progress.pop(run_id, None)
        self._own.discard(run_id)
        self._heard.pop(run_id, None)

    def _views(self, runs: Iterable[Run]) -> list[Any]:
        return [self._view(run) for run in runs]

    def _view(self, run: Run) -> Any:
        return run_view(run, self._clock.now()).model_dump(mode="json")


def _advanced(run: Run, progress: Progress) -> Run:
    same = ("phase", "pages_read", "total_pages", "processed", "total_items", "created", "updated", "unchanged")
    more = ("removed", "failed", "requests", "rate_limit_hits", "wait_seconds", "items_per_second", "trouble")
    changes = {name: getattr(progress, name) for name in (*same, *more)}
    return run.model_copy(update={**changes, "status": RunStatus.RUNNING, "error_count": progress.errors})


def _got_on(before: Run, run: Run) -> bool:
    return run.status is RunStatus.RUNNING and before.model_dump(exclude={"wait_seconds"}) != run.model_dump(
        exclude={"wait_seconds"}
    )


async def until_stopping(stopping: asyncio.Event, broker: EventBroker) -> None:
    """Close the streams when the application begins to stop: they would delay it."""
    await stopping.wait()
    broker.close()
