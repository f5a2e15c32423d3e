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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from emagsync.core.clock import Clock
from emagsync.core.concurrency import cancelled
from emagsync.core.errors import EmagsyncError, ErrorKind
from emagsync.core.settings import SyncSettings
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError, DatabaseUnavailable
from emagsync.edits.merge.three_way import Rules
from emagsync.marketplace import EmagClient, OfferFilters
from emagsync.marketplace.errors import BudgetUnavailable, EmagError, ListRepeats
from emagsync.marketplace.page_sizes import Pace, PageSizes
from emagsync.sync import repository
from emagsync.sync.errors import RunSuperseded
from emagsync.sync.repository import CONFIRMING_SCOPE, MAIN_SCOPE, PageRead, RunLease
from emagsync.sync.run import evidence_repository
from emagsync.sync.run.circuit_breaker import Circuit
from emagsync.sync.run.copy_note import note_copy
from emagsync.sync.run.evidence import Evidence
from emagsync.sync.run.evidence_repository import CopyNoted
from emagsync.sync.run.list_reader import ListReader
from emagsync.sync.run.list_stability import MAX_PASSES, ListStability, Movement, Pass, Verdict
from emagsync.sync.run.page_fetcher import PageFetcher
from emagsync.sync.run.page_reader import PassReader
from emagsync.sync.run.progress import ProgressReport, RunProgress
from emagsync.sync.run.reconcile import ACTIVE, Reconciler
from emagsync.sync.run.selective import LIST_PAGE, read_selection
from emagsync.sync.run.sink import DatabaseSink, DryRunSink
from emagsync.sync.run.stored_pages import are_in_place
from emagsync.sync.run.writer import RunWriter
from emagsync.sync.schemas import Mode, Phase, Progress, Run, RunError, RunErrorCode, RunStatus

log = structlog.get_logger()

# How often a run looks whether it was stopped from elsewhere.
WATCH_SECONDS: Final = 1.0
# How long a run that was told to stop may take to finish the pages that are on their way.
STOP_GRACE_SECONDS: Final = 5.0
# How long the end of a run is kept for a database server that is away. Its heartbeat would be too old soon after.
DATABASE_PATIENCE_SECONDS: Final = 30.0
# A count is a hint: it is not asked for as often as what a run needs.
COUNT_ATTEMPTS: Final = 3
_DATABASE_AWAY_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Ending:
    """How a run ends, and why, if not well. `awaits_budget`: it can resume when requests can be counted again."""

    status: RunStatus
    error: RunError | None = None
    awaits_budget: bool = False


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
        self._progress = progress
        self._report = ProgressReport(progress, clock, on_progress)
        self._writer = RunWriter(
            database=database,
            lease=lease,
            platform=client.platform,
            progress=progress,
            clock=clock,
            changed=self._report,
            sink=DryRunSink(lease.run_id, rules) if run.parameters.dry_run else DatabaseSink(rules),
        )
        self._circuit = Circuit(clock)
        self._ledger: list[PageRead] = []
        self._evidence = Evidence()
        self._sizes = PageSizes()
        self._remembered: Pace | None = None  # what the account's next run will know
        self._over = False
        self._sleep_task: asyncio.Future[None] | None = None

    async def execute(self) -> Ending:
        """Execute the run. Returns how it ended, as its row says too; raises RunSuperseded when it lost its lease."""
        try:
            ending = await self._guarded()
        except RunSuperseded:
            raise
        except Exception as error:
            # A defect of ours must not leave a run that looks alive; who called us hears of it.
            await self._finish(
                Ending(RunStatus.FAILED, self._explain(RunErrorCode.INTERNAL, _INTERNAL.format(error=error)))
            )
            raise
        except BaseException:
            await asyncio.shield(self._finish(Ending(RunStatus.INTERRUPTED)))
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
                await self._finish(ending, await self._note_copy(ending))
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
        except RunSuperseded:
            raise
        except EmagsyncError as error:
            if isinstance(error, BudgetUnavailable):
                log.warning("run_interrupted", code=error.code, error=str(error))
                return Ending(RunStatus.INTERRUPTED, awaits_budget=True)
            if isinstance(error, DatabaseUnavailable) and not self._database.is_sqlite:
                # A server that is being restarted is back in seconds, and the run is resumed then.
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
            noted = await evidence_repository.read(connection, self._run.id)
            self._remembered = await repository.pace_of(connection, self._run.account)
        if noted is not None:
            self._evidence = noted.evidence
        for page in self._ledger:
            for emag_id in page.ids:
                self._progress.seen.add(emag_id)
        fetcher = self._fetcher_for(LIST_PAGE if self._is_selective else self._run.parameters.items_per_page)
        self._progress.phase = Phase.READING
        self._report()
        return await (self._work_selection(fetcher) if self._is_selective else self._work_list(fetcher))

    @property
    def _is_selective(self) -> bool:
        return self._run.parameters.mode is Mode.SELECTIVE

    def _fetcher_for(self, per_page: int) -> PageFetcher:
        timeout = self._client.http.read_timeout
        self._sizes = PageSizes(per_page, answer_within=timeout, remembered=self._remembered)
        reader = ListReader(
            self._client, circuit=self._circuit, sizes=self._sizes, progress=self._progress, clock=self._clock
        )
        return PageFetcher(reader, writer=self._writer, clock=self._clock, stored=self._ledger)

    async def _work_selection(self, fetcher: PageFetcher) -> Ending:
        selection = self._run.parameters.selection
        if selection is not None:
            await read_selection(
                fetcher,
                self._writer,
                self._progress,
                selection,
                look_ups=self._evidence.begin_look_ups(),
                clock=self._clock,
                stop=self._stop,
                most_pages=self._run.parameters.max_pages,
            )
        await self._writer.save_counts()
        if self._stop.is_set():
            return Ending(RunStatus.INTERRUPTED)
        return Ending(RunStatus.FAILED if self._progress.unread_pages else RunStatus.PARTIAL)

    async def _work_list(self, fetcher: PageFetcher) -> Ending:
        verdict, read = await self._read_until_still(fetcher)
        self._evidence.judge(verdict)
        if verdict is Verdict.STOPPED or self._stop.is_set():
            return Ending(RunStatus.INTERRUPTED)
        if verdict is Verdict.UNREAD:
            pages = ", ".join(map(str, read.unread))
            return Ending(RunStatus.FAILED, self._explain(RunErrorCode.PAGES_UNREAD, _UNREAD.format(pages=pages)))
        if verdict is Verdict.REPEATING:
            raise ListRepeats(read.repeated_on or 0)
        if verdict is Verdict.MOVING:
            return Ending(
                RunStatus.PARTIAL, self._explain(RunErrorCode.CATALOGUE_MOVING, _MOVING.format(passes=MAX_PASSES))
            )
        if verdict is Verdict.LIMITED:
            return Ending(RunStatus.PARTIAL)
        return await self._reconcile(fetcher, read)

    async def _read_until_still(self, fetcher: PageFetcher) -> tuple[Verdict, Pass]:
        """Read the list until the verdict about a reading is final."""
        stability = ListStability()
        number = max([1, *(page.pass_number for page in self._ledger if page.scope == MAIN_SCOPE)])
        count: int | None = None
        while True:
            read = await self._read_pass(fetcher, number, count)
            verdict = stability.next(read)
            if verdict is not Verdict.STOPPED:
                self._evidence.note(read)
                await self._writer.save_evidence(self._evidence)
            if verdict is not Verdict.READ_AGAIN:
                return verdict, read
            self._progress.phase = Phase.VERIFYING
            number, count = number + 1, read.count_after

    async def _read_pass(
        self, fetcher: PageFetcher, number: int, count: int | None, *, scope: str = MAIN_SCOPE
    ) -> Pass:
        """Read the list once; `count` is the number of offers as eMAG says, where that was asked just now.

        The list of `CONFIRMING_SCOPE` is that of all offers, whatever the run reads.
        """
        parameters = self._run.parameters
        filters = self._filters if scope == MAIN_SCOPE else OfferFilters()
        stored = [
            page for page in self._ledger if page.pass_number == number and page.is_stored and page.list_scope == scope
        ]
        done = [page for page in stored if not page.is_part]
        if not done and scope == MAIN_SCOPE:
            self._progress.begin_pass(number)
        seen_before = len(self._progress.seen)
        reader = PassReader(
            fetcher=fetcher,
            progress=self._progress,
            clock=self._clock,
            per_page=parameters.items_per_page,
            filters=filters,
            limit=parameters.max_pages,
            in_flight=self._settings.pages_in_flight,
            stop=self._stop,
            count=lambda: self._count(filters),
            number=number,
            done=done,
            scope=scope,
        )
        counting = asyncio.ensure_future(self._count(filters) if count is None else _known(count))
        try:
            if await self._moved_meanwhile(fetcher, stored, filters):
                read = Pass(number, movements={Movement.MOVED_MEANWHILE})
            else:
                read = await reader.read(counting)
            read.count_before = await counting
        finally:
            await cancelled(counting)
        read.found_new = len(self._progress.seen) > seen_before
        return read

    async def _moved_meanwhile(self, fetcher: PageFetcher, stored: Sequence[PageRead], filters: OfferFilters) -> bool:
        """Whether pages that an earlier attempt stored are no longer where they were, so that they prove nothing."""
        in_flight = self._settings.pages_in_flight
        return not await are_in_place(fetcher.reader, stored, filters=filters, in_flight=in_flight, stop=self._stop)

    @property
    def _filters(self) -> OfferFilters:
        return OfferFilters() if self._run.parameters.reads_every_status else OfferFilters(status=ACTIVE)

    async def _count(self, filters: OfferFilters) -> int | None:
        try:
            return (await self._client.count_offers(filters, attempts=COUNT_ATTEMPTS)).items
        except EmagError as error:
            if error.kind is ErrorKind.CONFIGURATION:
                raise
            return None

    async def _reconcile(self, fetcher: PageFetcher, read: Pass) -> Ending:
        self._progress.phase = Phase.RECONCILING

        async def read_again(times: int) -> Pass:
            return await self._read_pass(fetcher, read.number + times - 1, None, scope=CONFIRMING_SCOPE)

        reconciler = Reconciler(
            database=self._database,
            client=self._client,
            reader=fetcher.reader,
            read_again=read_again,
            writer=self._writer,
            progress=self._progress,
            clock=self._clock,
            account=self._run.account,
            stop=self._stop,
            evidence=self._evidence,
        )
        only_active = not self._run.parameters.reads_every_status
        await reconciler.run(read.ids, only_active=only_active, may_remove=not self._progress.failed)
        if self._stop.is_set():
            return Ending(RunStatus.INTERRUPTED)
        complete = not self._progress.failed and not reconciler.unanswered
        return Ending(RunStatus.COMPLETED if complete else RunStatus.PARTIAL)

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
            if not await repository.is_leased(connection, self._lease):
                raise RunSuperseded(f"Run {self._lease.run_id} was stopped or taken over.")

    async def _note_copy(self, ending: Ending) -> CopyNoted | None:
        """The copy that the run's certificate speaks of."""
        if self._run.parameters.dry_run or ending.status not in (RunStatus.COMPLETED, RunStatus.PARTIAL):
            return None
        return await note_copy(
            self._database,
            self._run.account,
            now=self._clock.now(),
            took_seconds=self._clock.monotonic() - self._progress.started,
        )

    async def _remember_pace(self) -> None:
        """Keep what was learnt about the account's pages as soon as it changes: the run may be killed."""
        learnt = self._learnt()
        if _sizes_of(learnt) != _sizes_of(self._remembered):
            await self._writer.remember_pace(learnt)
            self._remembered = learnt

    def _learnt(self) -> Pace | None:
        """What the account's next run should know of its pages."""
        if self._sizes.is_reduced:
            return self._sizes.pace
        # Where this run asked for small pages, it has not seen whether larger ones work.
        grown = self._remembered is not None and self._remembered.page_size < self._sizes.size
        return None if grown else self._remembered

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
            await evidence_repository.write(connection, self._run.id, self._evidence, copy)
            if self._learnt() != self._remembered:
                await repository.remember_pace(connection, self._lease.account, self._learnt(), self._clock.now())
            await repository.update_leased(connection, self._lease, values)

    def _timed_out(self, seconds: int) -> Ending:
        pace, left = self._sizes.pace, self._seconds_left()
        if not self._sizes.is_reduced or pace.seconds_per_offer is None:
            return Ending(RunStatus.FAILED, self._explain(RunErrorCode.TIMEOUT, _TIMEOUT.format(seconds=seconds)))
        values = {
            "seconds": float(seconds),
            "page_size": float(pace.page_size),
            "seconds_per_offer": round(pace.seconds_per_offer, 3),
        }
        message = _SLOW.format(seconds=seconds, size=pace.page_size, pace=f"{pace.seconds_per_offer:.2g}")
        if left is not None:
            values["seconds_left"] = float(left)
            message += _SLOW_LEFT.format(left=left)
        error = self._explain(RunErrorCode.TIMEOUT, message).model_copy(update={"values": values})
        return Ending(RunStatus.FAILED, error)

    def _seconds_left(self) -> int | None:
        """How long the rest of the list would take at the pace of this attempt, where that is known."""
        progress = self._progress.snapshot(self._clock.monotonic())
        return None if progress.eta_seconds is None else round(progress.eta_seconds)

    def _explain(self, code: str, message: str) -> RunError:
        return RunError(code=code, message=message, at=self._clock.now())

    def _error(self, error: EmagsyncError) -> RunError:
        return self._explain(error.code, str(error))


def _sizes_of(pace: Pace | None) -> tuple[int, int] | None:
    return None if pace is None else (pace.page_size, pace.failed_trials)


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
_SLOW = (
    "The run was stopped after {seconds} s. eMAG is slow for this account: an offer takes it about {pace} s, and pages "
    "of {size} offers are what it delivers in time. That is remembered, every part that came is stored, and the next "
    "sync goes on from there."
)
_SLOW_LEFT = " At this pace the rest takes about {left} s: --timeout (timeout_seconds) can allow for it."
