"""Reads a page of a list and stores it: whole, or part by part where eMAG delivers smaller pages only.

A part is stored as soon as it came, with an entry of its own in the ledger, and never read again: not by a second try
of the page, not by the next run that goes on from this one. When the last part of a page came, one entry for the page
takes the place of those of its parts, and the page is what it would have been in one piece.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from emagsync.core.clock import Clock
from emagsync.core.errors import EmagsyncError
from emagsync.marketplace import OfferFilters
from emagsync.marketplace.errors import EmagError
from emagsync.marketplace.paging import WHOLE_ATTEMPTS, PieceRead, StretchRead, read_stretch
from emagsync.sync.ledger import PageRead
from emagsync.sync.run.list_reader import ListReader
from emagsync.sync.run.writer import PlacedPage, RunWriter, is_part_of


class FetchedPage(NamedTuple):
    """A page as far as it is stored: the ids of its rows, in order, and the number of its rows.

    `content` tells pages apart: the ids, or the rows themselves where none has an id. `error` is why some are missing.
    """

    ids: tuple[int, ...]
    rows: int
    content: tuple[int, ...] | tuple[bytes, ...]
    error: EmagsyncError | None


class _Parts:
    """The stored parts of one page."""

    def __init__(self, place: PlacedPage, stored: Iterable[PageRead]) -> None:
        self._before = (place.page - 1) * place.size
        self._by_start: dict[int, PageRead] = {}
        self._sizes: dict[int, int] = {}
        for part in stored:
            if part.is_stored and is_part_of(part, place):
                self.add(part)

    @property
    def done(self) -> Mapping[int, int]:
        """What need not be read again, now and later: `{rows of the page before it: its size}`."""
        return self._sizes

    @property
    def in_order(self) -> list[PageRead]:
        """The parts in the order of their rows."""
        return [self._by_start[start] for start in sorted(self._by_start)]

    def add(self, part: PageRead) -> None:
        """A part was stored."""
        start = (part.page - 1) * part.size - self._before
        self._by_start[start], self._sizes[start] = part, part.size


_Key = tuple[int, str, int]  # pass, scope, page


class PageFetcher:
    """Reads and stores the pages of a run's lists. `stored` is the ledger: what it has of pages is not read again."""

    def __init__(self, reader: ListReader, *, writer: RunWriter, clock: Clock, stored: Iterable[PageRead] = ()) -> None:
        self.reader = reader
        self._writer = writer
        self._clock = clock
        self._stored = [part for part in stored if part.is_part]
        self._parts: dict[_Key, _Parts] = {}  # of the pages that are not complete
        self._begin_with: dict[_Key, int] = {}  # the size, where a page took too long
        self._attempts: Counter[_Key] = Counter()  # requests for pages that are not complete

    async def fetch(self, pass_number: int, scope: str, page: int, size: int, filters: OfferFilters) -> FetchedPage:
        """Read page `page` of pages of `size` rows, as far as it is not stored yet, and store it."""
        place = PlacedPage(pass_number, scope, page, size, self._clock.now())
        key = (pass_number, scope, page)
        parts = self._parts_of(place)
        asked_at, came_at = place.started_at, self._clock.monotonic()
        is_whole = False

        async def keep(piece: PieceRead) -> None:
            nonlocal asked_at, came_at, is_whole
            is_whole = piece.per_page == size
            if not is_whole:
                parts.add(await self._writer.store_part(place._replace(started_at=asked_at), piece))
            asked_at, came_at = self._clock.now(), self._clock.monotonic()

        # A page that hangs where others of its size come in time is set aside as soon as that shows, and read in
        # parts when all others have come. What is not known to be alone in it may be too large.
        is_alone = key not in self._begin_with and self.reader.sizes.works(size)
        patience = self.reader.answer_within * (1 if is_alone else 2)

        def may_split() -> bool:
            # A page of which nothing comes for so long holds up the run, where others do come.
            return self._clock.monotonic() - came_at < patience or not self.reader.others_come

        read = await read_stretch(
            self.reader,
            page=page,
            per_page=size,
            filters=filters,
            sizes=self.reader.sizes,
            first_size=self._begin_with.get(key),
            done=parts.done,
            on_piece=keep,
            may_split=may_split,
        )
        self._note_failure(key, read)
        # Of all its readings: the ledger has one entry for a page, that of the last one.
        self._attempts[key] += read.attempts
        read = read._replace(attempts=self._attempts[key])
        if is_whole or not parts.done:
            ids = await self._writer.store_page(place, read, replaces=parts.in_order)
            fetched = _fetched(ids, len(read.raw_rows), read)
        else:
            ids = await self._writer.finish_page(place, parts.in_order, read)
            fetched = _fetched(ids, sum(part.items for part in parts.in_order), read)
        if fetched.error is None:
            del self._parts[key], self._attempts[key]
        return fetched

    async def scout(self, pass_number: int, scope: str, size: int, filters: OfferFilters) -> None:
        """Read and store a few rows of the first page, to learn how long they take while larger pages keep quiet."""
        few = max((step for step in self.reader.sizes.steps if 10 * step <= size), default=1)
        place = PlacedPage(pass_number, scope, 1, size, self._clock.now())
        parts = self._parts_of(place)
        if 0 in parts.done or few == size:
            return
        try:
            read = await self.reader.read_offers(
                page=1, per_page=few, filters=filters, attempts=WHOLE_ATTEMPTS, split_attempts=1
            )
        except EmagError:
            return  # those who read the whole page learn as much
        if len(read) and self._parts.get((pass_number, scope, 1)) is parts and 0 not in parts.done:
            parts.add(await self._writer.store_part(place, PieceRead(1, few, read.raw_rows)))

    def _parts_of(self, place: PlacedPage) -> _Parts:
        key = (place.pass_number, place.scope, place.page)
        if key not in self._parts:
            self._parts[key] = _Parts(place, self._stored)
        return self._parts[key]

    def _note_failure(self, key: _Key, read: StretchRead) -> None:
        if read.failed and read.failed[0].error.took_too_long:
            # It would take too long again: the next try begins below.
            self._begin_with[key] = self.reader.sizes.below(read.failed[0].per_page) or 1


def _fetched(ids: tuple[int, ...], rows: int, read: StretchRead) -> FetchedPage:
    return FetchedPage(ids, rows, ids or read.raw_rows, read.failed[0].error if read.failed else None)
