"""One pass over a list of offers: pages in flight, gated by the budget; failures kept apart; the end found for sure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from emagsync.core.clock import Clock
from emagsync.core.concurrency import cancelled, run_concurrently
from emagsync.core.errors import ErrorKind
from emagsync.marketplace import EmagClient, OfferFilters
from emagsync.marketplace.errors import EmagError
from emagsync.marketplace.paging import StretchRead, read_stretch, smaller
from emagsync.marketplace.rows.parse import peek_id
from emagsync.sync.repository import MAIN_SCOPE, PageRead
from emagsync.sync.run.circuit_breaker import Circuit
from emagsync.sync.run.id_set import IdSet
from emagsync.sync.run.page_plan import PagePlan
from emagsync.sync.run.progress import RunProgress
from emagsync.sync.run.writer import PlacedPage, RunWriter
from emagsync.sync.schemas import Phase
from emagsync.telemetry.tracing import span

# How long pages wait for eMAG's count before they are read without knowing how many there are.
COUNT_PATIENCE_SECONDS = 3.0
# The tail of a list is read twice, the second time in half pages. Not of a list of more pages than this that ends with
# a full page: it is long enough that a shift shows elsewhere.
LONG_LIST = 60


@dataclass
class Pass:
    """What one pass over the list saw."""

    number: int
    ids: IdSet = field(default_factory=IdSet)
    repeats: int = 0  # rows whose id had been seen before in this pass
    nameless: int = 0  # rows without a usable id
    unread: list[int] = field(default_factory=list)
    limited: bool = False
    stopped: bool = False
    holes: bool = False
    short_pages: bool = False
    moved: bool = False  # the tail, read again, had other rows
    count: int | None = None  # eMAG's own count, asked when every row had been read

    @property
    def rows(self) -> int:
        """Distinct offers, as eMAG would count them."""
        return len(self.ids) + self.nameless

    @property
    def looks_still(self) -> bool:
        """Whether nothing in the pages themselves says that the list moved while it was read."""
        return not (self.repeats or self.holes or self.short_pages or self.moved)

    def add(self, ids: tuple[int, ...], rejected: int) -> None:
        """A page was stored."""
        self.repeats += sum(not self.ids.add(emag_id) for emag_id in ids)
        self.nameless += rejected


@dataclass
class _Closing:
    """What is asked once every row has been read: is the list still what it was?"""

    last_page: int
    count: asyncio.Future[int | None]
    tail: asyncio.Future[bool] | None

    async def aclose(self) -> None:
        await cancelled(self.count, *([self.tail] if self.tail else []))


class PassReader:
    """Reads one pass. Several readers share the plan and the writer."""

    def __init__(
        self,
        *,
        client: EmagClient,
        writer: RunWriter,
        circuit: Circuit,
        progress: RunProgress,
        clock: Clock,
        per_page: int,
        filters: OfferFilters,
        limit: int | None,
        in_flight: int,
        stop: asyncio.Event,
        count: Callable[[], Coroutine[Any, Any, int | None]],
    ) -> None:
        self._count = count
        self._closing: _Closing | None = None
        self._last: tuple[int, tuple[int, ...]] = (0, ())
        self._client = client
        self._writer = writer
        self._circuit = circuit
        self._progress = progress
        self._clock = clock
        self._per_page = per_page
        self._filters = filters
        self._limit = limit
        self._in_flight = in_flight
        self._stop = stop

    async def read(self, number: int, *, done: list[PageRead], expected: asyncio.Future[int | None]) -> Pass:
        """Read what `done` does not hold yet. `expected` will be the number of offers that eMAG says there are."""
        try:
            return await self._read(Pass(number), done, expected)
        finally:
            if self._closing is not None:
                await self._closing.aclose()

    async def _read(self, result: Pass, done: list[PageRead], expected: asyncio.Future[int | None]) -> Pass:
        for page in done:
            result.add(page.ids, page.rejected)
        plan = PagePlan(done={page.page: page.items for page in done}, limit=self._limit)
        failed: set[int] = set()
        await self._readers(result, plan, failed, expected)
        if failed and not self._stop.is_set():
            # What failed may have failed in a burst that is over now; a page gets one more chance.
            again, failed = sorted(failed), set()
            await plan.again(again)
            await self._readers(result, plan, failed, None)
        self._conclude(result, plan, failed)
        if not (result.unread or result.stopped or result.limited):
            await self._close(result, plan)
        return result

    async def _readers(
        self, result: Pass, plan: PagePlan, failed: set[int], expected: asyncio.Future[int | None] | None
    ) -> None:
        work = [self._read_pages(result, plan, failed) for _ in range(self._in_flight)]
        if expected is not None:
            work.append(self._tell(plan, expected))
        await run_concurrently(work)

    async def _tell(self, plan: PagePlan, expected: asyncio.Future[int | None]) -> None:
        done, _ = await asyncio.wait({expected}, timeout=COUNT_PATIENCE_SECONDS)
        if not done:
            await plan.expect(None)
        items = await asyncio.shield(expected)
        pages = None if items is None else -(-items // self._per_page)
        if pages is not None and self._limit is not None:
            pages = min(pages, self._limit)
        self._progress.total_items, self._progress.total_pages = items, pages
        await plan.expect(pages)

    async def _read_pages(self, result: Pass, plan: PagePlan, failed: set[int]) -> None:
        while not self._stop.is_set():
            if self._circuit.is_open and await self._circuit.turn_to_probe():
                await self._probe(failed)
                continue
            page = await plan.next()
            if page is None:
                return
            if self._stop.is_set():
                await plan.gave_up(page)
                return
            if plan.is_closing(page) and self._closing is None:
                # Every row has been read: what is asked to make sure of that need not wait for the empty page.
                self._closing = self._start_closing(plan)
            place = PlacedPage(result.number, MAIN_SCOPE, page, self._per_page, self._clock.now())
            with span("page", page=page, pass_number=result.number):
                read = await self._fetch(page)
                if read.failed:
                    failed.add(page)
                    self._circuit.failed()
                else:
                    self._circuit.succeeded()
                ids = await self._writer.store_page(place, read)
            if read.failed:
                await plan.gave_up(page)
            else:
                result.add(ids, len(read.raw_rows) - len(ids))
                self._remember(page, ids)
                await plan.arrived(page, len(read.raw_rows))

    async def _fetch(self, page: int) -> StretchRead:
        return await read_stretch(
            self._client,
            page=page,
            per_page=self._per_page,
            filters=self._filters,
            may_split=lambda: self._circuit.is_healthy,
        )

    async def _probe(self, failed: set[int]) -> None:
        self._progress.phase = Phase.PROBING
        # A small part of a page that failed: where only large pages fail, the probe must get through.
        size = smaller(smaller(self._per_page) or 1) or 1
        page = (min(failed, default=1) - 1) * (self._per_page // size) + 1
        try:
            await self._client.read_offers(page=page, per_page=size, filters=self._filters, attempts=1)
        except EmagError as error:
            if error.kind is ErrorKind.CONFIGURATION:
                raise
        else:
            self._circuit.succeeded()
            self._progress.phase = Phase.READING

    def _remember(self, page: int, ids: tuple[int, ...]) -> None:
        """Keep the ids of the last page with rows: its tail is read a second time."""
        if ids and page >= self._last[0]:
            self._last = page, ids

    def _start_closing(self, plan: PagePlan) -> _Closing:
        rows = plan.rows.get(plan.last_page, 0)
        full = rows >= self._per_page
        page, ids = self._last
        checkable = page == plan.last_page and len(ids) == rows > 0 and self._per_page % 2 == 0
        return _Closing(
            last_page=plan.last_page,
            # Also where an empty page follows a full one: a row of the full one may have gone since it was read.
            count=asyncio.ensure_future(self._count()),
            tail=asyncio.ensure_future(self._tail_is_unchanged(page, ids))
            if checkable and not (full and page > LONG_LIST)
            else None,
        )

    async def _tail_is_unchanged(self, page: int, ids: tuple[int, ...]) -> bool:
        half = self._per_page // 2
        second = len(ids) > half
        try:
            read = await self._client.read_offers(
                page=2 * page if second else 2 * page - 1, per_page=half, filters=self._filters
            )
        except EmagError as error:
            if error.kind is ErrorKind.CONFIGURATION:
                raise
            return True
        return {peek_id(raw) for raw in read.raw_rows} == set(ids[half:] if second else ids)

    async def _close(self, result: Pass, plan: PagePlan) -> None:
        if self._closing is None or self._closing.last_page != plan.last_page:
            if self._closing is not None:
                await self._closing.aclose()
            self._closing = self._start_closing(plan)
        result.moved = self._closing.tail is not None and not await self._closing.tail
        result.count = await self._closing.count
        if result.count is None and not result.moved:
            # Without a count there is only the empty page to tell the end by, and that is believed twice or not at all.
            result.moved = await self._goes_on(plan.last_page + 1)

    async def _goes_on(self, page: int) -> bool:
        try:
            read = await self._client.read_offers(page=page, per_page=self._per_page, filters=self._filters)
        except EmagError as error:
            if error.kind is ErrorKind.CONFIGURATION:
                raise
            return True
        return len(read) > 0

    def _conclude(self, result: Pass, plan: PagePlan, failed: set[int]) -> None:
        result.unread = sorted(failed)
        result.stopped = self._stop.is_set()
        result.limited = self._limit is not None and not plan.met_end
        result.holes = bool(plan.holes)
        rows = plan.rows
        result.short_pages = any(0 < rows[page] < self._per_page for page in rows if page < plan.last_page)
