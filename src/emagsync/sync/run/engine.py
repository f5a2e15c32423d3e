"""One run from its claim to its end.

It reads the list until it stands still, asks for what the list did not show, and keeps its row true all along: a
heartbeat, the counts with every page, and a status that says `completed` only when nothing is missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from emagsync.core.clock import Clock
from emagsync.core.concurrency import cancelled
from emagsync.core.errors import EmagsyncError, ErrorKind
from emagsync.core.settings import SyncSettings
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError, DatabaseUnavailable
from emagsync.edits.merge.three_way import Rules
from emagsync.marketplace import EmagClient, OfferFilters
from emagsync.marketplace.errors import BudgetUnavailable, EmagError
from emagsync.sync import repository
from emagsync.sync.errors import RunSuperseded
from emagsync.sync.repository import MAIN_SCOPE, PageRead, RunLease
from emagsync.sync.run.circuit_breaker import Circuit
from emagsync.sync.run.page_reader import Pass, PassReader
from emagsync.sync.run.progress import RunProgress
from emagsync.sync.run.reconcile import ACTIVE, Reconciler
from emagsync.sync.run.selective import read_selection
from emagsync.sync.run.sink import DatabaseSink, DryRunSink
from emagsync.sync.run.writer import RunWriter
from emagsync.sync.schemas import Mode, Phase, Progress, Run, RunError, RunStatus

log = structlog.get_logger()

MAX_PASSES = 6
PAGES_UNREAD = "pages_unread"
TIMEOUT = "timeout"
# How often a run looks whether it was stopped from elsewhere.
WATCH_SECONDS = 1.0
# How long a run that was told to stop may take to finish the pages that are on their way.
STOP_GRACE_SECONDS = 5.0
# How long the end of a run is kept for a database server that is away. Its heartbeat would be too old soon after.
DATABASE_PATIENCE_SECONDS = 30.0
_DATABASE_AWAY_SECONDS = 0.5


@dataclass(frozen=True)
class Ending:
    """How a run ends, and why, if not well. `awaits_budget`: it can resume when requests can be counted again."""

    status: RunStatus
    error: RunError | None = None
    awaits_budget: bool = False


class RunEngine:
    """Carries one claimed run to its end. Use once."""

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
        on_progress: Callable[[Progress], None] | None = None,
        rules: Rules | None = None,
    ) -> None:
        self._database = database
        self._client = client
        self._lease = lease
        self._run = run
        self._settings = settings
        self._clock = clock
        self._stop = stop
        self._on_progress = on_progress
        self.progress = progress
        self._writer = RunWriter(
            database=database,
            lease=lease,
            platform=client.platform,
            progress=self.progress,
            clock=clock,
            changed=self._report,
            sink=DryRunSink(lease.run_id, rules) if run.parameters.dry_run else DatabaseSink(rules),
        )
        self._circuit = Circuit(clock)
        self._ledger: list[PageRead] = []
        self._over = False
        self._sleep_task: asyncio.Future[None] | None = None

    async def execute(self) -> Ending:
        """Do the run. Returns how it ended; raises RunSuperseded when it was taken away. The row is written last."""
        try:
            ending = await self._guarded()
        except RunSuperseded:
            raise
        except Exception as error:
            # A defect of ours must not leave a run that looks alive; who called us hears of it.
            await self._finish(Ending(RunStatus.FAILED, self._explain("internal", _INTERNAL.format(error=error))))
            raise
        except BaseException:
            await asyncio.shield(self._finish(Ending(RunStatus.INTERRUPTED)))
            raise
        self.progress.phase = Phase.FINISHED
        await self._end(ending)
        self._report()
        return ending

    async def _end(self, ending: Ending) -> None:
        """Write how it ended. A database server that is being restarted is waited for."""
        patience_ends = self._clock.monotonic() + DATABASE_PATIENCE_SECONDS
        while True:
            try:
                await self._writer.catch_up()
                await self._finish(ending)
            except DatabaseUnavailable:
                if self._database.is_sqlite or self._clock.monotonic() >= patience_ends:
                    raise
                ending = Ending(ending.status)  # its error is noted
                await self._clock.sleep(_DATABASE_AWAY_SECONDS)
            else:
                return

    async def _guarded(self) -> Ending:
        work = asyncio.ensure_future(self._work())
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
                return Ending(RunStatus.INTERRUPTED)
            return self._timed_out(timeout)
        except EmagsyncError as error:
            if isinstance(error, RunSuperseded):
                raise
            if isinstance(error, BudgetUnavailable):
                log.warning("run_interrupted", code=error.code, error=str(error))
                return Ending(RunStatus.INTERRUPTED, awaits_budget=True)
            if isinstance(error, DatabaseUnavailable) and not self._database.is_sqlite:
                # A server that is being restarted is back in seconds, and the run is then gone on with.
                return Ending(RunStatus.INTERRUPTED)
            return Ending(RunStatus.FAILED, self._error(error))
        finally:
            # Also on cancellation: nothing of this run may go on once its caller believes that it has ended. The watch
            # is not cancelled in the middle of a question to the database, but it asks no other one.
            self._over = True
            if self._sleep_task is not None:
                self._sleep_task.cancel()
            await cancelled(work, stopped)
            await asyncio.gather(watch, return_exceptions=True)

    async def _work(self) -> Ending:
        async with self._database.snapshot() as connection:
            self._ledger = await repository.ledger(connection, self._run.id)
        for page in self._ledger:
            for emag_id in page.ids:
                self.progress.seen.add(emag_id)
        self.progress.phase = Phase.READING
        self._report()
        if self._run.parameters.mode is Mode.SELECTIVE:
            return await self._work_selection()
        return await self._work_list()

    async def _work_selection(self) -> Ending:
        selection = self._run.parameters.selection
        if selection is not None:
            await read_selection(
                self._client, self._writer, self.progress, selection, clock=self._clock, stop=self._stop
            )
        await self._writer.save_counts()
        if self._stop.is_set():
            return Ending(RunStatus.INTERRUPTED)
        return Ending(RunStatus.FAILED if self.progress.unread_pages else RunStatus.PARTIAL)

    async def _work_list(self) -> Ending:
        read = await self._read_until_still()
        if read is None or self._stop.is_set():
            return Ending(RunStatus.INTERRUPTED)
        if read.unread:
            pages = ", ".join(map(str, read.unread))
            return Ending(RunStatus.FAILED, self._explain(PAGES_UNREAD, _UNREAD.format(pages=pages)))
        if read.limited:
            return Ending(RunStatus.PARTIAL)
        return await self._reconcile(read)

    async def _read_until_still(self) -> Pass | None:
        """Read the list until what was read and eMAG's own count agree, or reading again finds nothing new.

        None when the run was told to stop.
        """
        previous: Pass | None = None
        count: int | None = None
        calm = 0
        first = max([1, *(page.pass_number for page in self._ledger)])
        for number in range(first, MAX_PASSES + 1):
            known = len(self.progress.seen)
            read, before = await self._read_pass(number, count)
            if read.stopped:
                return None
            if read.unread or read.limited:
                read.limited = read.limited and before != read.rows
                return read
            count = read.count
            if read.looks_still and before in (None, read.rows) and count in (None, read.rows):
                return read
            calm = calm + 1 if previous is not None and len(self.progress.seen) == known else 0
            # A count that is simply wrong must not make every run read everything over and over.
            if calm >= 2 or (previous is not None and read.looks_still and previous.ids == read.ids):
                return read
            self.progress.phase = Phase.VERIFYING
            previous = read
        self.progress.note(self._explain("catalogue_moving", _MOVING.format(passes=MAX_PASSES)))
        return None if previous is None else replace(previous, limited=True)

    async def _read_pass(self, number: int, count: int | None) -> tuple[Pass, int | None]:
        parameters = self._run.parameters
        done = [
            page for page in self._ledger if page.pass_number == number and page.scope == MAIN_SCOPE and page.is_stored
        ]
        if not done:
            self.progress.begin_pass(number)
        reader = PassReader(
            client=self._client,
            writer=self._writer,
            circuit=self._circuit,
            progress=self.progress,
            clock=self._clock,
            per_page=parameters.items_per_page,
            filters=self._filters,
            limit=parameters.max_pages,
            in_flight=self._settings.pages_in_flight,
            stop=self._stop,
            count=self._count,
        )
        counting = asyncio.ensure_future(self._count() if count is None else _known(count))
        try:
            return await reader.read(number, done=done, expected=counting), await counting
        finally:
            await cancelled(counting)

    @property
    def _filters(self) -> OfferFilters:
        return OfferFilters() if self._run.parameters.reads_every_status else OfferFilters(status=ACTIVE)

    async def _count(self) -> int | None:
        try:
            return (await self._client.count_offers(self._filters)).items
        except EmagError as error:
            if error.kind is ErrorKind.CONFIGURATION:
                raise
            return None

    async def _reconcile(self, read: Pass) -> Ending:
        self.progress.phase = Phase.RECONCILING
        reconciler = Reconciler(
            database=self._database,
            client=self._client,
            writer=self._writer,
            progress=self.progress,
            clock=self._clock,
            account=self._run.account,
            stop=self._stop,
        )
        complete = not self.progress.failed
        only_active = not self._run.parameters.reads_every_status
        await reconciler.run(read.ids, only_active=only_active, may_remove=complete)
        if self._stop.is_set():
            return Ending(RunStatus.INTERRUPTED)
        return Ending(RunStatus.COMPLETED if complete and not reconciler.unanswered else RunStatus.PARTIAL)

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
            except DatabaseError:
                # A busy or restarting database is no reason to end a run; if it stays away, storing a page says so.
                continue

    async def _check_lease(self) -> None:
        async with self._database.snapshot() as connection:
            if not await repository.is_leased(connection, self._lease):
                raise RunSuperseded(f"Run {self._lease.run_id} was stopped or taken over.")

    async def _finish(self, ending: Ending) -> None:
        if ending.error is not None:
            self.progress.note(ending.error)
        # Not the counts: those in the row are exactly those of the pages that were stored.
        values = {
            "status": ending.status,
            "errors": repository.errors_text(self.progress.errors),
            "error_count": self.progress.error_count,
            "heartbeat_at": self._clock.now(),
            **self.progress.meters(),
            **self.progress.pace(self._clock.monotonic()),
        }
        if ending.status.is_finished:
            values["finished_at"] = self._clock.now()
        else:
            values["worker"] = None
        async with self._database.transaction() as connection:
            await repository.update_leased(connection, self._lease, values)

    def _report(self) -> None:
        if self._on_progress is not None:
            self._on_progress(self.progress.snapshot(self._clock.monotonic()))

    def _timed_out(self, seconds: int) -> Ending:
        return Ending(RunStatus.FAILED, self._explain(TIMEOUT, _TIMEOUT.format(seconds=seconds)))

    def _explain(self, code: str, message: str) -> RunError:
        return RunError(code=code, message=message, at=self._clock.now())

    def _error(self, error: EmagsyncError) -> RunError:
        return self._explain(error.code, str(error))


async def _known(count: int) -> int:
    return count


_INTERNAL = "emagsync failed in a way that it should not ({error!r}). Please report it; what was read is stored."
_UNREAD = (
    "Pages that could not be read: {pages}. What was read is stored and nothing was removed; the next sync tries "
    "these pages again."
)
_MOVING = (
    "The offers kept moving while they were read, {passes} times over: some may be missing. Nothing was removed; "
    "sync again when fewer offers are being added or removed."
)
_TIMEOUT = (
    "The run was stopped after {seconds} s. What was read is stored and the next sync goes on from there; "
    "allow more time with --timeout (timeout_seconds) if this happens again."
)
