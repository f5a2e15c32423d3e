"""Reads a list of offers once: several pages in flight, paced by the request budget, until its end is sure.

A page that cannot be read is set aside, and tried again when all others have been read. While the account's circuit is
open (`circuit_breaker`) the readers wait, and one of them at a time probes whether eMAG is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final

from emagsync.core.clock import Clock
from emagsync.core.concurrency import run_concurrently
from emagsync.core.errors import ErrorKind
from emagsync.marketplace import EmagClient, OfferFilters
from emagsync.marketplace.errors import EmagError
from emagsync.marketplace.paging import StretchRead, read_stretch, smaller
from emagsync.sync.repository import MAIN_SCOPE, PageRead
from emagsync.sync.run.circuit_breaker import Circuit
from emagsync.sync.run.end_of_list import EndOfListCheck, LastPage
from emagsync.sync.run.list_stability import Extent, Movement, Pass
from emagsync.sync.run.page_plan import PagePlan
from emagsync.sync.run.progress import RunProgress
from emagsync.sync.run.writer import PlacedPage, RunWriter
from emagsync.sync.schemas import Phase
from emagsync.telemetry.tracing import span

# How long pages wait for eMAG's count before they are read without knowing how many there are.
COUNT_PATIENCE_SECONDS: Final = 3.0


class PassReader:
    """Reads one pass over a list. Use once."""

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
        number: int,
        done: Iterable[PageRead],
    ) -> None:
        """`done` are the pages of this pass that are stored already; `limit` is the last page that may be read."""
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
        self._pass = Pass(number)
        rows = {page.page: page.items for page in done}
        for page in done:
            self._pass.add(page.ids, page.rejected)
        self._plan = PagePlan(done=rows, limit=limit)
        self._failed: set[int] = set()
        self._end = EndOfListCheck(client, per_page=per_page, filters=filters, count=count)
        self._last_read: tuple[int, tuple[int, ...]] = (0, ())  # the last page with rows, and its ids

    async def read(self, expected: asyncio.Future[int | None]) -> Pass:
        """Read what is not stored yet. `expected` will be the number of offers that eMAG says there are."""
        try:
            await self._read_all(expected)
            self._conclude()
            if self._pass.extent is Extent.END and not self._pass.unread:
                await self._check_end()
            return self._pass
        finally:
            await self._end.aclose()

    async def _read_all(self, expected: asyncio.Future[int | None]) -> None:
        await run_concurrently([*self._readers(), self._plan_for(expected)])
        if self._failed and not self._stop.is_set():
            # What failed may have failed in a burst that is over now; a page gets one more chance.
            again, self._failed = sorted(self._failed), set()
            await self._plan.again(again)
            await run_concurrently(self._readers())

    def _readers(self) -> list[Coroutine[Any, Any, None]]:
        return [self._read_pages() for _ in range(self._in_flight)]

    async def _plan_for(self, expected: asyncio.Future[int | None]) -> None:
        done, _ = await asyncio.wait({expected}, timeout=COUNT_PATIENCE_SECONDS)
        if not done:
            await self._plan.expect(None)
        items = await asyncio.shield(expected)
        pages = None if items is None else -(-items // self._per_page)
        if pages is not None and self._limit is not None:
            pages = min(pages, self._limit)
        self._progress.total_items, self._progress.total_pages = items, pages
        await self._plan.expect(pages)

    async def _read_pages(self) -> None:
        while (page := await self._next_page()) is not None:
            if self._plan.is_closing(page):
                self._end.start(self._last_page())
            await self._read_page(page)

    async def _next_page(self) -> int | None:
        """The next page to read; None when there is none left, or the run was told to stop."""
        while not self._stop.is_set():
            if self._circuit.is_open and await self._circuit.may_probe():
                await self._probe()
                continue
            page = await self._plan.next()
            if page is not None and self._stop.is_set():
                await self._plan.gave_up(page)
                return None
            return page
        return None

    async def _read_page(self, page: int) -> None:
        place = PlacedPage(self._pass.number, MAIN_SCOPE, page, self._per_page, self._clock.now())
        with span("page", page=page, pass_number=self._pass.number):
            read = await self._fetch(page)
            if read.failed:
                self._failed.add(page)
                self._circuit.failed()
            else:
                self._circuit.succeeded()
            ids = await self._writer.store_page(place, read)
        if read.failed:
            await self._plan.gave_up(page)
            return
        self._pass.add(ids, len(read.raw_rows) - len(ids))
        if ids and page >= self._last_read[0]:
            self._last_read = page, ids
        await self._plan.arrived(page, len(read.raw_rows))

    async def _fetch(self, page: int) -> StretchRead:
        return await read_stretch(
            self._client,
            page=page,
            per_page=self._per_page,
            filters=self._filters,
            may_split=lambda: self._circuit.is_healthy,
        )

    async def _probe(self) -> None:
        self._progress.phase = Phase.PROBING
        # A small part of a page that failed: where only large pages fail, the probe must get through.
        size = smaller(smaller(self._per_page) or 1) or 1
        page = (min(self._failed, default=1) - 1) * (self._per_page // size) + 1
        try:
            await self._client.read_offers(page=page, per_page=size, filters=self._filters, attempts=1)
        except EmagError as error:
            if error.kind is ErrorKind.CONFIGURATION:
                raise
        else:
            self._circuit.succeeded()
            self._progress.phase = Phase.READING

    def _last_page(self) -> LastPage:
        number = self._plan.last_page
        page, ids = self._last_read
        return LastPage(number, self._plan.rows.get(number, 0), ids if page == number else ())

    def _conclude(self) -> None:
        plan, rows = self._plan, self._plan.rows
        self._pass.unread = sorted(self._failed)
        if self._stop.is_set():
            self._pass.extent = Extent.STOPPED
        elif self._limit is not None and not plan.met_end:
            self._pass.extent = Extent.LIMIT
        if plan.holes:
            self._pass.movements.add(Movement.HOLE)
        if any(0 < rows[page] < self._per_page for page in rows if page < plan.last_page):
            self._pass.movements.add(Movement.SHORT_PAGE)

    async def _check_end(self) -> None:
        end = await self._end.result(self._last_page())
        self._pass.count_after = end.count
        if end.moved:
            self._pass.movements.add(Movement.CHANGED_TAIL)
