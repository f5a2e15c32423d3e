"""Reads a list of offers once: several pages in flight, paced by the request budget, until its end is sure.

A page that cannot be read is set aside, and tried again when all others have been read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final

from emagsync.core.clock import Clock
from emagsync.core.concurrency import cancelled, run_concurrently
from emagsync.marketplace import OfferFilters
from emagsync.marketplace.repeated_pages import RepeatedPages
from emagsync.sync.ledger import MAIN_SCOPE, PageRead
from emagsync.sync.run.end_of_list import EndOfListCheck, LastPage
from emagsync.sync.run.list_stability import Extent, Movement, Pass
from emagsync.sync.run.page_fetcher import PageFetcher
from emagsync.sync.run.page_plan import MOST_PLANNED, PagePlan
from emagsync.sync.run.progress import RunProgress
from emagsync.telemetry.tracing import span

# How long pages wait for eMAG's count before they are read without knowing how many there are.
COUNT_PATIENCE_SECONDS: Final = 3.0
# When a few rows are asked for beside pages that have not come: this share of the time that they may take.
_SCOUT_AFTER: Final = 1 / 6
# How often eMAG is asked for its count again where the list goes on behind it with nothing new.
_MOST_RECOUNTS: Final = 10


class PassReader:
    """Reads one pass over a list. Use once."""

    def __init__(
        self,
        *,
        fetcher: PageFetcher,
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
        scope: str = MAIN_SCOPE,
        on_closing: Callable[[], None],
    ) -> None:
        """`done` are the pages of this pass that are stored already; `limit` is the last page that may be read.

        `on_closing` is called when only the page is missing that should be empty.
        """
        self._fetcher = fetcher
        self._scope = scope
        self._on_closing = on_closing
        self._progress = progress
        self._clock = clock
        self._per_page = per_page
        self._filters = filters
        self._limit = limit
        self._in_flight = in_flight
        self._stop = stop
        self._pass = Pass(number, progress.new_set())
        rows = {page.page: page.items for page in done}
        self._repeats = RepeatedPages()
        self._recounting = asyncio.Lock()
        self._recounts = 0
        self._expected: int | None = None
        self._last_read: tuple[int, tuple[int, ...]] = (0, ())  # the last page with rows, and its ids
        for page in done:
            self._repeats.add(page.page, page.ids, new=self._pass.add(page.ids, page.rejected))
            self._last_read = max(self._last_read, (page.page if page.ids else 0, page.ids))
        self._plan = PagePlan(done=rows, limit=limit)
        self._failed: set[int] = set()
        self._count = count
        self._end = EndOfListCheck(fetcher.reader, per_page=per_page, filters=filters, count=count)

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
        scouting = asyncio.ensure_future(self._scout())
        try:
            await run_concurrently([*self._readers(), self._plan_for(expected)])
        finally:
            await cancelled(scouting)
        if self._failed and self._may_go_on:
            # What failed may have failed in a burst that is over now; a page gets one more chance.
            again, self._failed = sorted(self._failed), set()
            await self._plan.again(again)
            await run_concurrently(self._readers())

    @property
    def _may_go_on(self) -> bool:
        return not self._stop.is_set() and self._pass.extent is not Extent.REPEATED

    def _readers(self) -> list[Coroutine[Any, Any, None]]:
        return [self._read_pages() for _ in range(self._in_flight)]

    async def _plan_for(self, expected: asyncio.Future[int | None]) -> None:
        done, _ = await asyncio.wait({expected}, timeout=COUNT_PATIENCE_SECONDS)
        if not done:
            await self._plan.expect(None)
        items = await asyncio.shield(expected)
        pages = self._pages_of(items)
        if items is not None and pages is not None and self._limit is not None:
            # What is going to be read, not what there is: progress is measured by it.
            pages = min(pages, self._limit)
            items = min(items, self._limit * self._per_page)
        self._expected = pages
        if self._scope == MAIN_SCOPE:
            self._progress.total_items, self._progress.total_pages = items, pages
        await self._plan.expect(pages)

    async def _read_pages(self) -> None:
        while (page := await self._next_page()) is not None:
            if self._plan.is_closing(page):
                self._end.start(self._last_page())
                self._on_closing()
            await self._read_page(page)

    async def _next_page(self) -> int | None:
        """The next page to read; None when there is none left, or the run was told to stop."""
        if self._stop.is_set():
            return None
        page = await self._plan.next()
        if page is not None and self._stop.is_set():
            await self._plan.gave_up(page)
            return None
        return page

    async def _read_page(self, page: int) -> None:
        with span("page", page=page, pass_number=self._pass.number):
            read = await self._fetcher.fetch(self._pass.number, self._scope, page, self._per_page, self._filters)
        if read.error is not None:
            self._failed.add(page)
            await self._plan.gave_up(page)
            return
        new = self._pass.add(read.ids, read.rows - len(read.ids))
        if read.ids and page >= self._last_read[0]:
            self._last_read = page, read.ids
        if self._repeats.add(page, read.content, expected=self._told_end, new=new) and await self._repeats_itself():
            self._pass.extent, self._pass.repeated_on = Extent.REPEATED, max(page, self._plan.last_page)
            await self._plan.close()
        await self._plan.arrived(page, read.rows)

    @property
    def _told_end(self) -> int | None:
        """The last page as eMAG told it, if it is to be believed."""
        return self._expected if self._expected is not None and self._expected <= MOST_PLANNED else None

    async def _repeats_itself(self) -> bool:
        """Whether a list that seems to repeat itself does so. Where offers come in at its front while it is read, as
        many that were there before are pushed behind the end that eMAG told: so it is asked for its count again."""
        async with self._recounting:
            is_doubtful = self._pass.extent is not Extent.REPEATED and self._repeats.repeats(self._told_end)
            if is_doubtful and self._told_end is not None and self._recounts < _MOST_RECOUNTS:
                self._recounts += 1
                self._expected = max(self._told_end, self._pages_of(await self._count()) or 0)
            return self._repeats.repeats(self._told_end)

    def _pages_of(self, items: int | None) -> int | None:
        return None if items is None else -(-items // self._per_page)

    async def _scout(self) -> None:
        """Where no page comes for a while, read a few rows: a slow marketplace shows itself, and its first offers."""
        await self._clock.sleep(self._fetcher.reader.answer_within * _SCOUT_AFTER)
        if not self._fetcher.reader.sizes.is_measured and not self._plan.rows and not self._stop.is_set():
            await self._fetcher.scout(self._pass.number, self._scope, self._per_page, self._filters)

    def _last_page(self) -> LastPage:
        number = self._plan.last_page
        page, ids = self._last_read
        return LastPage(number, self._plan.rows.get(number, 0), ids if page == number else ())

    def _conclude(self) -> None:
        plan, rows = self._plan, self._plan.rows
        self._pass.unread = sorted(self._failed)
        if self._pass.extent is Extent.REPEATED:
            return
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
