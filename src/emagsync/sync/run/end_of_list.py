"""Asks eMAG, once every row has been read, whether the list still ends where it did.

Three things tell: eMAG's count, the tail of the list read a second time, and, where eMAG gives no count, a second empty
page behind the last row. They are asked together with the first empty page, so that they cost no time of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from emagsync.core.concurrency import cancelled
from emagsync.core.errors import ErrorKind
from emagsync.marketplace import OfferFilters
from emagsync.marketplace.errors import EmagError
from emagsync.marketplace.rows.parse import peek_id
from emagsync.sync.run.list_reader import ListReader

# The tail of a list is read twice, the second time in half pages. Not of a list of more pages than this that ends with
# a full page: it is long enough that a shift shows elsewhere.
LONG_LIST: Final = 60
# What fails so often is no answer, and without one the other two decide.
_ATTEMPTS: Final = 3


class LastPage(NamedTuple):
    """The last page with rows. `ids` are those of its rows, in order, or fewer where they are not known."""

    number: int
    rows: int
    ids: tuple[int, ...]


@dataclass(frozen=True)
class EndOfList:
    """What eMAG answered: its count, if it gave one, and whether the end of the list has moved."""

    count: int | None
    moved: bool


@dataclass(frozen=True)
class _Questions:
    last: LastPage
    count: asyncio.Future[int | None]
    tail: asyncio.Future[bool] | None

    async def cancel(self) -> None:
        await cancelled(self.count, *([self.tail] if self.tail else []))


class EndOfListCheck:
    """The check of one reading. `start` asks, `result` waits for the answers; close it in any case."""

    def __init__(
        self,
        reader: ListReader,
        *,
        per_page: int,
        filters: OfferFilters,
        count: Callable[[], Coroutine[Any, Any, int | None]],
    ) -> None:
        self._reader = reader
        self._per_page = per_page
        self._filters = filters
        self._count = count
        self._questions: _Questions | None = None

    def start(self, last: LastPage) -> None:
        """Ask about a list that ends with `last`, without waiting for the answers; a second time does nothing."""
        if self._questions is None:
            self._questions = self._ask(last)

    async def result(self, last: LastPage) -> EndOfList:
        """The answers about a list that ends with `last`. What was asked when another page was the last is void."""
        questions = self._questions
        if questions is None or questions.last.number != last.number:
            await self.aclose()
            questions = self._questions = self._ask(last)
        moved = questions.tail is not None and not await questions.tail
        count = await questions.count
        if count is None and not moved:
            # Without a count there is only the empty page to tell the end by, and it is believed twice or not at all.
            moved = await self._has_rows(last.number + 1)
        return EndOfList(count, moved)

    async def aclose(self) -> None:
        """Take back the questions that have no answer yet."""
        if self._questions is not None:
            await self._questions.cancel()

    def _ask(self, last: LastPage) -> _Questions:
        # The count also where an empty page follows a full one: a row of the full one may have gone since it was read.
        count = asyncio.ensure_future(self._count())
        tail = asyncio.ensure_future(self._tail_is_unchanged(last)) if self._has_checkable_tail(last) else None
        return _Questions(last, count, tail)

    def _has_checkable_tail(self, last: LastPage) -> bool:
        can_be_halved = self._per_page % 2 == 0
        is_known = last.rows > 0 and len(last.ids) == last.rows
        is_long = last.rows >= self._per_page and last.number > LONG_LIST
        return can_be_halved and is_known and not is_long

    async def _tail_is_unchanged(self, last: LastPage) -> bool:
        half = self._size_within(self._per_page // 2)
        before = (len(last.ids) - 1) // half * half  # rows of the last page before the piece that is read again
        page = ((last.number - 1) * self._per_page + before) // half + 1
        ids = await self._ids(page, half)
        return ids is None or ids == set(last.ids[before:])

    async def _has_rows(self, page: int) -> bool:
        size = self._size_within(self._per_page)
        ids = await self._ids((page - 1) * (self._per_page // size) + 1, size)
        return ids is None or len(ids) > 0

    def _size_within(self, most: int) -> int:
        """The size to read with: at most `most`, one that works, and a divisor of the page."""
        sizes = self._reader.sizes
        return next(size for size in sizes.steps if size <= min(most, sizes.size) and not self._per_page % size)

    async def _ids(self, page: int, size: int) -> set[int | None] | None:
        """The ids of a page's rows; None when it could not be read."""
        try:
            read = await self._reader.read_offers(
                page=page, per_page=size, filters=self._filters, attempts=_ATTEMPTS, split_attempts=_ATTEMPTS
            )
        except EmagError as error:
            if error.kind is ErrorKind.CONFIGURATION:
                raise
            return None
        return {peek_id(raw) for raw in read.raw_rows}
