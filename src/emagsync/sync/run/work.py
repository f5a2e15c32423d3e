"""What a run does while nobody stops it: read its list until it stands still, then look up what the list did not show.

Or, where offers are selected, read these. How the run is claimed, watched, stopped and ended is `engine`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from emagsync.core.clock import Clock
from emagsync.core.concurrency import cancelled
from emagsync.core.errors import ErrorKind
from emagsync.core.settings import SyncSettings
from emagsync.db.engine import Database
from emagsync.marketplace import EmagClient, OfferFilters
from emagsync.marketplace.errors import EmagError, ListRepeats
from emagsync.sync import ledger_repository, pace_repository, repository
from emagsync.sync.ledger import CONFIRMING_SCOPE, MAIN_SCOPE, PageRead
from emagsync.sync.run import evidence_repository
from emagsync.sync.run.circuit_breaker import Circuit
from emagsync.sync.run.endings import INTERRUPTED, Ending, kept_moving, pages_unread
from emagsync.sync.run.evidence import Evidence
from emagsync.sync.run.learnt_pace import LearntPace
from emagsync.sync.run.list_reader import ListReader
from emagsync.sync.run.list_stability import ListStability, Movement, Pass, Verdict
from emagsync.sync.run.page_fetcher import PageFetcher
from emagsync.sync.run.page_reader import PassReader
from emagsync.sync.run.progress import RunProgress
from emagsync.sync.run.reconcile import ACTIVE, Reconciler
from emagsync.sync.run.selective import LIST_PAGE, read_selection
from emagsync.sync.run.stored_pages import are_in_place
from emagsync.sync.run.writer import RunWriter
from emagsync.sync.schemas import Mode, Phase, Run, RunStatus

# A count is a hint: it is not asked for as often as what a run needs.
COUNT_ATTEMPTS: Final = 3


class RunWork:
    """The work of one run. Use once. `evidence` and `pace` are what it has noted and learnt so far.

    `on_closing` is called when all pages of a reading are stored but the one that should be empty.
    """

    def __init__(
        self,
        *,
        database: Database,
        client: EmagClient,
        run: Run,
        progress: RunProgress,
        writer: RunWriter,
        settings: SyncSettings,
        clock: Clock,
        stop: asyncio.Event,
        report: Callable[[], None],
        on_closing: Callable[[], None],
    ) -> None:
        self._database = database
        self._client = client
        self._run = run
        self._progress = progress
        self._writer = writer
        self._settings = settings
        self._clock = clock
        self._stop = stop
        self._report = report
        self._on_closing = on_closing
        self._circuit = Circuit(clock)
        self._ledger: list[PageRead] = []
        self.evidence = Evidence()
        self.pace = LearntPace()

    async def do(self) -> Ending:
        """Do it. Returns how the run is to end; raises what ends it otherwise."""
        async with self._database.snapshot() as connection:
            self._ledger = await ledger_repository.ledger(connection, self._run.id)
            noted = await evidence_repository.read(connection, self._run.id)
            self.pace.remembered = await pace_repository.pace_of(connection, self._run.account)
            every_status = self._run.parameters.reads_every_status
            was_copied = await repository.was_copied(connection, self._run.account, every_status=every_status)
        self._writer.is_first_copy = not was_copied
        if noted is not None:
            self.evidence = noted.evidence
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
        sizes = self.pace.begin(per_page, answer_within=self._client.http.read_timeout, now=self._clock.now())
        reader = ListReader(
            self._client, circuit=self._circuit, sizes=sizes, progress=self._progress, clock=self._clock
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
                look_ups=self.evidence.begin_look_ups(),
                clock=self._clock,
                stop=self._stop,
                most_pages=self._run.parameters.max_pages,
            )
        await self._writer.save_counts()
        if self._stop.is_set():
            return INTERRUPTED
        return Ending(RunStatus.FAILED if self._progress.unread_pages else RunStatus.PARTIAL)

    async def _work_list(self, fetcher: PageFetcher) -> Ending:
        verdict, read = await self._read_until_still(fetcher)
        self.evidence.judge(verdict)
        if verdict is Verdict.STOPPED or self._stop.is_set():
            return INTERRUPTED
        if verdict is Verdict.UNREAD:
            return pages_unread(read.unread, self._clock.now())
        if verdict is Verdict.REPEATING:
            raise ListRepeats(read.repeated_on or 0)
        if verdict is Verdict.MOVING:
            return kept_moving(self._clock.now())
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
                self.evidence.note(read)
                await self._writer.save_evidence(self.evidence)
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
            on_closing=self._on_closing,
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
            evidence=self.evidence,
        )
        only_active = not self._run.parameters.reads_every_status
        await reconciler.settle(read.repeated)
        await reconciler.run(read.ids, only_active=only_active, may_remove=not self._progress.failed)
        if self._stop.is_set():
            return INTERRUPTED
        complete = not self._progress.failed and not reconciler.unanswered
        return Ending(RunStatus.COMPLETED if complete else RunStatus.PARTIAL)


async def _known(count: int) -> int:
    return count
