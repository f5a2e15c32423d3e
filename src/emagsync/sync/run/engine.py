"""Takes one run from its claim to its end.

It reads the list until it stands still, asks eMAG for the offers that the list did not show, and keeps the run's row
true all along: a heartbeat, counts with every page, and a status that says `completed` only when nothing is missing.

The states of a run, and who moves it from one to the next:

    queued       a row was inserted (SyncService); nobody executes it yet
    running      somebody claimed it, which raised the row's fence and gave out a RunLease
    interrupted  its holder stopped, died, or lost its database or the Redis that counts its requests; whoever claims it
                 goes on from the stored pages
    completed | partial | failed | cancelled   it has ended, for good

    queued, interrupted -> running                               whoever claims first (compare-and-set on the fence)
    running -> completed | partial | failed | interrupted        only its holder, with its lease: this module
    queued, running, interrupted -> cancelled | failed           anybody, against the holder's will (`revoke`)
    running -> interrupted                                       anybody, of a holder that is dead (`recover`)

Anybody may revoke a lease at any instant, and the holder learns of it only from its next write: that write names the
fence, finds no row, raises RunSuperseded and rolls its transaction back. So every write of a run goes through RunWriter
or `update_leased`. One write without the lease would be enough for a process that wakes up late to add a page to a run
that ended, or that somebody else is executing: counts would be wrong, offers marked removed that are there.

The end is written last, after the search index caught up: a run whose row says that it ended can be searched.

A holder runs three tasks side by side: the work itself; a watch, which writes the heartbeat and notices within a second
that the lease is gone while the work waits for eMAG; and a wait for the order to stop. Whichever ends first decides how
the run ends. All three are over before `execute` returns: nothing of a run goes on once its caller believes that it
has ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from emagsync.core.clock import Clock
from emagsync.core.concurrency import cancelled
from emagsync.core.errors import EmagsyncError
from emagsync.core.settings import EditsSettings, SyncSettings
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError, DatabaseUnavailable
from emagsync.marketplace import EmagClient
from emagsync.marketplace.errors import BudgetUnavailable
from emagsync.sync import failed_request_repository, lease_repository, pace_repository
from emagsync.sync.errors import RunSuperseded
from emagsync.sync.lease_repository import RunLease
from emagsync.sync.run import evidence_repository
from emagsync.sync.run.copy_note import CopyNote
from emagsync.sync.run.endings import INTERRUPTED, Ending, by_defect, by_error, timed_out
from emagsync.sync.run.evidence_repository import CopyNoted
from emagsync.sync.run.progress import ProgressReport, RunProgress
from emagsync.sync.run.work import RunWork
from emagsync.sync.run.writer import RunWriter
from emagsync.sync.schemas import Phase, Progress, Run, RunStatus

log = structlog.get_logger()

# How often a run looks whether it was stopped from elsewhere.
WATCH_SECONDS: Final = 1.0
# How long a run that was told to stop may take to finish the pages that are on their way.
STOP_GRACE_SECONDS: Final = 5.0
# How long the end of a run is kept for a database server that is away. Its heartbeat would be too old soon after.
DATABASE_PATIENCE_SECONDS: Final = 30.0
_DATABASE_AWAY_SECONDS: Final = 0.5


class RunEngine:
    """Takes one claimed run to its end. Use once."""

    def __init__(
        self,
        *,
        database: Database,
        client: EmagClient,
        lease: RunLease,
        run: Run,
        progress: RunProgress,
        settings: SyncSettings,
        clock: Clock,
        stop: asyncio.Event,
        edits: EditsSettings,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self._database = database
        self._lease = lease
        self._run = run
        self._settings = settings
        self._clock = clock
        self._stop = stop
        self._progress = progress
        self._report = ProgressReport(progress, clock, on_progress)
        self._writer = RunWriter(
            database=database,
            lease=lease,
            platform=client.platform,
            progress=progress,
            clock=clock,
            changed=self._report,
            parameters=run.parameters,
            edits=edits,
        )
        self._copy_note = CopyNote(database, run)
        self._work = RunWork(
            database=database,
            client=client,
            run=run,
            progress=progress,
            writer=self._writer,
            settings=settings,
            clock=clock,
            stop=stop,
            report=self._report,
            on_closing=self._begin_copy_note,
        )
        self._over = False
        self._sleep_task: asyncio.Future[None] | None = None

    async def execute(self) -> Ending:
        """Execute the run. Returns how it ended, as its row says too; raises RunSuperseded when it lost its lease."""
        try:
            return await self._execute()
        finally:
            await self._copy_note.aclose()

    async def _execute(self) -> Ending:
        try:
            ending = await self._guarded()
        except RunSuperseded:
            raise
        except Exception as error:
            # A defect of ours must not leave a run that looks alive; who called us hears of it.
            await self._finish(by_defect(error, self._clock.now()))
            raise
        except BaseException:
            await asyncio.shield(self._finish(INTERRUPTED))
            raise
        self._progress.phase = Phase.FINISHED
        await self._end(ending)
        self._report()
        return ending

    async def _end(self, ending: Ending) -> None:
        """Write how it ended. A database server that is being restarted is waited for."""
        patience_ends = self._clock.monotonic() + DATABASE_PATIENCE_SECONDS
        while True:
            try:
                await self._writer.catch_up()
                await self._finish(ending, await self._copy_noted(ending))
            except DatabaseUnavailable:
                if self._database.is_sqlite or self._clock.monotonic() >= patience_ends:
                    raise
                ending = Ending(ending.status)  # its error is noted
                await self._clock.sleep(_DATABASE_AWAY_SECONDS)
            else:
                return

    async def _guarded(self) -> Ending:
        work = asyncio.ensure_future(self._work.do())
        watch = asyncio.ensure_future(self._watch())
        stopped = asyncio.ensure_future(self._stop.wait())
        timeout = self._run.parameters.timeout_seconds
        try:
            done, _ = await asyncio.wait({work, watch, stopped}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if done == {stopped}:
                done, _ = await asyncio.wait(
                    {work, watch}, timeout=STOP_GRACE_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
            if watch in done:
                watch.result()
            if work in done:
                return work.result()
            if self._stop.is_set():
                return INTERRUPTED
            seconds_left = self._progress.seconds_left(self._clock.monotonic())
            return timed_out(timeout, self._work.pace.sizes, seconds_left, self._clock.now())
        except RunSuperseded:
            raise
        except EmagsyncError as error:
            if isinstance(error, BudgetUnavailable):
                log.warning("run_interrupted", code=error.code, error=str(error))
                return Ending(RunStatus.INTERRUPTED, awaits_budget=True)
            if isinstance(error, DatabaseUnavailable) and not self._database.is_sqlite:
                # A server that is being restarted is back in seconds, and the run is resumed then.
                return INTERRUPTED
            return by_error(error, self._clock.now())
        finally:
            # Also on cancellation: nothing of this run may go on once its caller believes that it has ended. The watch
            # is not cancelled in the middle of a question to the database, but it asks no other one.
            self._over = True
            if self._sleep_task is not None:
                self._sleep_task.cancel()
            await cancelled(work, stopped)
            await asyncio.gather(watch, return_exceptions=True)

    async def _watch(self) -> None:
        beaten = self._clock.monotonic()
        while not self._over:
            self._sleep_task = asyncio.ensure_future(self._clock.sleep(WATCH_SECONDS))
            await asyncio.wait({self._sleep_task})
            if self._over:
                return
            self._report()
            try:
                if self._clock.monotonic() - beaten >= self._settings.heartbeat_seconds:
                    await self._writer.beat()
                    beaten = self._clock.monotonic()
                else:
                    await self._check_lease()
                await self._remember_pace()
            except DatabaseError:
                # A busy or restarting database is no reason to end a run; if it stays away, storing a page says so.
                continue

    async def _check_lease(self) -> None:
        async with self._database.snapshot() as connection:
            if not await lease_repository.is_leased(connection, self._lease):
                raise RunSuperseded(f"Run {self._lease.run_id} was stopped or taken over.")

    async def _copy_noted(self, ending: Ending) -> CopyNoted | None:
        return await self._copy_note.read(ending.status, now=self._clock.now(), took_seconds=self._took_seconds())

    def _begin_copy_note(self) -> None:
        self._copy_note.begin(offers=self._progress.processed, took_seconds=self._took_seconds())

    def _took_seconds(self) -> float:
        return self._clock.monotonic() - self._progress.started

    async def _remember_pace(self) -> None:
        """Keep what was learnt about the account's pages as soon as it changes: the run may be killed."""
        pace = self._work.pace
        if pace.is_news:
            learnt = pace.as_of(self._clock.now())
            await self._writer.remember_pace(learnt)
            pace.noted(learnt)

    async def _finish(self, ending: Ending, copy: CopyNoted | None = None) -> None:
        if ending.error is not None:
            self._progress.note(ending.error)
        # Not the counts: those in the row are exactly those of the pages that were stored.
        values = {
            "status": ending.status,
            **self._progress.error_columns(),
            "heartbeat_at": self._clock.now(),
            **self._progress.meters(),
            **self._progress.pace(self._clock.monotonic()),
        }
        if ending.status.is_finished:
            values["finished_at"] = self._clock.now()
        else:
            values["worker"] = None
        async with self._database.transaction() as connection:
            await failed_request_repository.note_failed_requests(connection, self._run.id, self._progress.not_noted)
            await evidence_repository.write(connection, self._run.id, self._work.evidence, copy)
            learnt = self._work.pace.as_of(self._clock.now())
            if learnt != self._work.pace.remembered:
                await pace_repository.remember_pace(connection, self._lease.account, learnt)
            await lease_repository.update_leased(connection, self._lease, values)
