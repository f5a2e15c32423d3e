"""Executors of runs, and the one that executes them in this process.

The run's row is the truth: an executor is only told that there is something to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import structlog

from emagsync.core.concurrency import cancelled
from emagsync.core.errors import EmagsyncError
from emagsync.db.errors import DatabaseUnavailable
from emagsync.sync.errors import RunNotFound, RunSuperseded
from emagsync.sync.schemas import Progress, Run
from emagsync.sync.service import SyncService

log = structlog.get_logger()

# Longer than a run takes to finish the pages on their way.
STOP_PATIENCE_SECONDS = 8.0
# How often it is looked whether a database server that was away is back.
DATABASE_AWAY_SECONDS = 1.0


class Executor(Protocol):
    """Executes queued and interrupted runs, somewhere."""

    def submit(self, run_id: str) -> None:
        """Have this run executed soon. Doing so twice is harmless."""
        ...

    def stop(self, run_id: str) -> None:
        """The run's lease was revoked: whoever executes it may stop at once. It notices within a second anyway."""
        ...


class InlineExecutor:
    """Executes runs in this process, as tasks of its event loop; no request owns them."""

    def __init__(
        self,
        service: SyncService,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        on_end: Callable[[Run], None] | None = None,
    ) -> None:
        self._service = service
        self._on_progress = on_progress
        self._on_end = on_end
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stop = asyncio.Event()

    @property
    def executing(self) -> frozenset[str]:
        """The ids of the runs that it executes now."""
        return frozenset(self._tasks)

    def submit(self, run_id: str) -> None:
        """Start the run at once, beside all others."""
        if run_id not in self._tasks and not self._stop.is_set():
            task = asyncio.get_running_loop().create_task(self._execute_to_end(run_id), name=f"run {run_id}")
            self._tasks[run_id] = task
            task.add_done_callback(lambda done: self._done(run_id, done))

    def stop(self, run_id: str) -> None:
        """Cancel its task. Only for a run whose lease was revoked: any other would be left interrupted."""
        task = self._tasks.get(run_id)
        if task is not None:
            task.cancel()

    async def aclose(self) -> None:
        """Let the pages on their way be stored; the runs are then interrupted, to be resumed."""
        self._stop.set()
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=STOP_PATIENCE_SECONDS)
        await cancelled(*self._tasks.values())

    async def _execute_to_end(self, run_id: str) -> None:
        try:
            run = await self._execute(run_id)
            # No other process resumes it while this one lives, so it is resumed here when Redis is back.
            while await self._service.wait_to_resume(run, self._stop):
                resumable = await self._resumable(run_id)
                if resumable != [run_id]:
                    # Somebody else resumed or ended it meanwhile, or its pages are too old: then there is a new run.
                    for new_id in resumable:
                        self.submit(new_id)
                    return
                run = await self._execute(run_id)
        except (RunSuperseded, RunNotFound):
            return
        except EmagsyncError as error:
            log.warning("run_not_carried_out", run_id=run_id, code=error.code, error=str(error))
            self._report_end(await self._service.fail(run_id, error))

    async def _resumable(self, run_id: str) -> list[str]:
        """What is to be resumed in its place, if anything. Redis and the database may have been restarted together."""
        while not self._stop.is_set():
            try:
                return await self._service.resumable({run_id})
            except DatabaseUnavailable as error:
                log.warning("run_waits_for_database", run_id=run_id, error=str(error))
                with suppress(TimeoutError):
                    async with asyncio.timeout(DATABASE_AWAY_SECONDS):
                        await self._stop.wait()
        return []

    async def _execute(self, run_id: str) -> Run:
        run = await self._service.execute(run_id, on_progress=self._on_progress, stop=self._stop)
        self._report_end(run)
        return run

    def _report_end(self, run: Run) -> None:
        if self._on_end is not None:
            self._on_end(run)

    def _done(self, run_id: str, task: asyncio.Task[None]) -> None:
        self._tasks.pop(run_id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            # A defect of ours; the engine has written it into the run's row.
            log.error("run_crashed", run_id=run_id, exc_info=error)
