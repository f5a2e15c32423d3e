"""Which page to read next: pure bookkeeping, no I/O.

The first page and the last are read first, then pages spread ever more densely between them. A row that vanishes or
appears shifts all rows behind it by one. Read in plain order, a vanished row makes another one slip unseen from an
unread page into a read one, and if a new row appears elsewhere meanwhile, no count tells. Read in this order,
neighbouring pages are of different age and nearly every such shift also shows some row on two of them: the run sees
that the list moved and reads it again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

# A count that says more is not planned for page by page: it is likelier wrong than right, and a plan costs memory for
# every page. Such a list is read in plain order until it ends, like one without a count.
MOST_PLANNED = 200_000


class PagePlan:
    """Hands out page numbers from 1 until an empty page has been met behind every page with rows.

    `done` are pages that need not be read again, with their number of rows. `limit` is the last page that may be read.
    Several readers call `next()`; each page comes back by `arrived()` or `gave_up()`.
    """

    def __init__(self, *, done: dict[int, int] | None = None, limit: int | None = None, lookahead: int = 2) -> None:
        self._rows = dict(done or {})
        self._limit = limit
        self._lookahead = lookahead
        self._queue: deque[int] = deque()
        self._suspended: list[int] = []
        self._handed: set[int] = set(self._rows)
        self._given_up: set[int] = set()
        self._in_flight = 0
        self._counting = True
        # The page that should be empty. It waits for all others, so that what is asked with it is asked after them.
        self._closing: int | None = None
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
        """eMAG's own idea of the number of pages arrived, or None: it gave none. Never a reason to stop."""
        async with self._changed:
            self._counting = False
            if pages is not None and pages <= MOST_PLANNED:
                self._closing = pages + 1
                self._plan(spread(pages))
                self._plan([pages + 1])
            self._changed.notify_all()

    async def next(self) -> int | None:
        """The next page to read, or None when there is nothing left to hand out."""
        async with self._changed:
            while True:
                if not self._queue and not self._counting:
                    self._look_ahead()
                if self._queue and not (self._queue[0] == self._closing and self._in_flight):
                    page = self._queue.popleft()
                    self._handed.add(page)
                    self._in_flight += 1
                    return page
                if not self._in_flight and not self._counting:
                    return None
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

    async def again(self, pages: Iterable[int]) -> None:
        """Hand these pages out once more."""
        async with self._changed:
            self._queue.extend(sorted(pages))
            self._changed.notify_all()

    def _empty(self) -> set[int]:
        return {page for page, rows in self._rows.items() if not rows}

    def _plan(self, pages: Iterable[int]) -> None:
        for page in pages:
            if page not in self._handed and (self._limit is None or page <= self._limit):
                self._handed.add(page)
                self._queue.append(page)

    def _look_ahead(self) -> None:
        # Until an empty page is met there may be more: ask for the pages behind the last one with rows, a few of
        # them at a time while answers are still on their way.
        beyond = [page for page in self._given_up if page > self.last_page]
        if self.met_end or len(beyond) > self._lookahead:
            return
        frontier = max([self.last_page, *beyond])
        self._plan(range(1, frontier + 1 + (self._lookahead if self._in_flight and self._closing is None else 1)))

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
