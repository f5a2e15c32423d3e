"""Decides which page to read next. Pure bookkeeping, no I/O.

There are two strategies. Where eMAG said how many pages there are (`CountKnown`), the first page and the last are read
first, then pages spread ever more densely between them. A row that vanishes or appears shifts all rows behind it by
one. Read in plain order, a vanished row makes another one slip unseen from an unread page into a read one, and if a new
row appears elsewhere meanwhile, no count tells. Read in this order, neighbouring pages are of different age and nearly
every such shift also shows some row on two of them: the run sees that the list moved and reads it again.

Where it did not (`CountUnknown`), pages are read in plain order. Neither ends before an empty page was met behind every
page with rows: a count is never a reason to stop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Final, NamedTuple

# A count that says more is not planned for page by page: it is likelier wrong than right, and a plan costs memory for
# every page. Such a list is read in plain order until it ends, like one without a count.
MOST_PLANNED: Final = 200_000


class CountKnown(NamedTuple):
    """eMAG said that there are `pages`: both ends first, and the page that should be empty last of all."""

    pages: int

    @property
    def closing(self) -> int:
        """The page that should be empty. It waits for all others, so that what is asked with it is asked after them."""
        return self.pages + 1

    def planned(self) -> list[int]:
        """The pages to read, in order."""
        return [*spread(self.pages), self.closing]

    def further(self, frontier: int, *, in_flight: bool) -> range:
        """The pages to read when all planned ones were and the list still goes on behind `frontier`: the next one."""
        del in_flight
        return range(frontier + 1, frontier + 2)


class CountUnknown(NamedTuple):
    """Nobody knows how many pages there are: plain order, `lookahead` pages at a time."""

    lookahead: int = 2
    closing: None = None

    def planned(self) -> list[int]:
        """The pages to read, in order: none is known of."""
        return []

    def further(self, frontier: int, *, in_flight: bool) -> range:
        """The pages to read behind `frontier`: a few at a time while answers are on their way, else the next one."""
        return range(frontier + 1, frontier + 1 + (self.lookahead if in_flight else 1))


class PagePlan:
    """Hands out page numbers from 1 until an empty page has been met behind every page with rows.

    `done` are pages that need not be read again, with their number of rows. `limit` is the last page that may be read.
    Several readers call `next()`; each page comes back by `arrived()` or `gave_up()`.
    """

    def __init__(self, *, done: dict[int, int] | None = None, limit: int | None = None, lookahead: int = 2) -> None:
        self._rows = dict(done or {})
        self._limit = limit
        self._lookahead = lookahead
        self._strategy: CountKnown | CountUnknown | None = None  # None: eMAG's count is still awaited
        self._queue: deque[int] = deque()
        self._suspended: list[int] = []
        self._planned: set[int] = set(self._rows)
        self._given_up: set[int] = set()
        self._in_flight = 0
        self._is_closed = False
        self._changed = asyncio.Condition()
        self._plan(range(1, max([1, *self._rows]) + 2))

    @property
    def last_page(self) -> int:
        """The last page that had rows, as far as is known."""
        return max((page for page, rows in self._rows.items() if rows), default=0)

    @property
    def met_end(self) -> bool:
        """Whether an empty page was met behind every page with rows."""
        return any(page > self.last_page for page in self._empty())

    @property
    def rows(self) -> dict[int, int]:
        """How many rows each page had that was read."""
        return dict(self._rows)

    def is_closing(self, page: int) -> bool:
        """Whether `page`, just handed out, should be the empty one behind the list: all else has arrived."""
        return page == self.last_page + 1 and self._in_flight == 1 and not self._queue

    @property
    def holes(self) -> list[int]:
        """Pages that came back empty although a later one had rows."""
        return sorted(page for page in self._empty() if page < self.last_page)

    async def expect(self, pages: int | None) -> None:
        """eMAG's own idea of the number of pages arrived, or None: it gave none."""
        async with self._changed:
            if pages is not None and pages <= MOST_PLANNED:
                self._strategy = CountKnown(pages)
            elif self._strategy is None:
                self._strategy = CountUnknown(self._lookahead)
            self._plan(self._strategy.planned())
            self._changed.notify_all()

    async def next(self) -> int | None:
        """The next page to read, or None when there is nothing left to hand out."""
        async with self._changed:
            while True:
                if self._is_closed:
                    return None
                page = self._take()
                if page is not None or self._is_over:
                    return page
                await self._changed.wait()

    async def arrived(self, page: int, rows: int) -> None:
        """Page `page` was read and had `rows` rows."""
        async with self._changed:
            self._in_flight -= 1
            self._rows[page] = rows
            self._given_up.discard(page)
            if rows:
                self._resume()
            elif page > self.last_page:
                self._suspend_beyond(page)
            self._changed.notify_all()

    async def gave_up(self, page: int) -> None:
        """Page `page` could not be read."""
        async with self._changed:
            self._in_flight -= 1
            self._given_up.add(page)
            self._changed.notify_all()

    async def close(self) -> None:
        """Hand out no page any more."""
        async with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    async def again(self, pages: Iterable[int]) -> None:
        """Hand these pages out once more."""
        async with self._changed:
            self._queue.extend(sorted(pages))
            self._changed.notify_all()

    @property
    def _is_over(self) -> bool:
        return self._strategy is not None and not self._in_flight

    def _take(self) -> int | None:
        """A page that can be read now; None when there is none, or none yet."""
        if not self._queue and self._strategy is not None:
            self._plan(self._further(self._strategy))
        if not self._queue or self._has_to_wait(self._queue[0]):
            return None
        self._in_flight += 1
        return self._queue.popleft()

    def _has_to_wait(self, page: int) -> bool:
        return self._strategy is not None and page == self._strategy.closing and self._in_flight > 0

    def _further(self, strategy: CountKnown | CountUnknown) -> Iterable[int]:
        """What to read behind the last page with rows: until an empty page is met there may be more."""
        beyond = [page for page in self._given_up if page > self.last_page]
        if self.met_end or len(beyond) > self._lookahead:
            return ()
        return strategy.further(max([self.last_page, *beyond]), in_flight=self._in_flight > 0)

    def _empty(self) -> set[int]:
        return {page for page, rows in self._rows.items() if not rows}

    def _plan(self, pages: Iterable[int]) -> None:
        for page in pages:
            if page not in self._planned and (self._limit is None or page <= self._limit):
                self._planned.add(page)
                self._queue.append(page)

    def _suspend_beyond(self, page: int) -> None:
        self._suspended.extend(queued for queued in self._queue if queued > page)
        self._queue = deque(queued for queued in self._queue if queued < page)

    def _resume(self) -> None:
        if self.met_end:
            return
        self._queue.extend(sorted(self._suspended))
        self._suspended.clear()


def spread(pages: int) -> list[int]:
    """The numbers 1 to `pages`: both ends, then the middle, the quarters, the eighths and so on (bit reversal)."""
    bits = max(pages - 1, 1).bit_length()
    between = sorted(range(2, pages), key=lambda page: f"{page - 1:0{bits}b}"[::-1])
    return [*dict.fromkeys((1, pages)), *between] if pages else []
