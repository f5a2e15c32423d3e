"""Reads a stretch of rows that eMAG does not deliver as one page.

[seen]: large pages time out or reset the connection while smaller ones pass. So a page that fails is read as smaller
pages that cover exactly its rows, down to single ones, and in larger ones again when those come. A page that took too
long is not asked for a second time: the same answer would take as long again.

What fails is bounded: of a stretch of which nothing comes, a dozen requests are made, not hundreds. What was not tried
then is named as failed like the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple, Protocol

from emagsync.core.errors import ErrorKind
from emagsync.marketplace.errors import EmagError
from emagsync.marketplace.filters import OfferFilters
from emagsync.marketplace.page_sizes import PageSizes, smaller
from emagsync.marketplace.pages import OfferPage

__all__ = ["FailedPiece", "PieceRead", "StretchRead", "SupportsReadOffers", "read_stretch", "smaller"]

# Attempts of a stretch as a whole, of a part of it, and of a single row, beyond which there is nothing smaller.
WHOLE_ATTEMPTS: Final = 3
PIECE_ATTEMPTS: Final = 1
ROW_ATTEMPTS: Final = 2
# Failed requests after which a stretch is given up: with nothing that came between them, and in all.
MOST_FAILURES_IN_A_ROW: Final = 12
MOST_FAILURES: Final = 20
# A size that failed so often within a stretch is not tried there again.
_BARRED: Final = 2


class SupportsReadOffers(Protocol):
    """A client, as far as `read_stretch` uses it."""

    async def read_offers(
        self,
        *,
        page: int = 1,
        per_page: int = 100,
        filters: OfferFilters | None = None,
        attempts: int | None = None,
        split_attempts: int | None = None,
    ) -> OfferPage:
        """One page, or an EmagError."""
        ...


class PieceRead(NamedTuple):
    """Page `page` of pages of `per_page` rows, as it came."""

    page: int
    per_page: int
    raw_rows: tuple[bytes, ...]


class FailedPiece(NamedTuple):
    """Rows `(page - 1) * per_page` to `page * per_page` that could not be read."""

    page: int
    per_page: int
    error: EmagError


class StretchRead(NamedTuple):
    """The rows of one stretch, in eMAG's order, and what of it failed. `attempts` counts all requests."""

    raw_rows: tuple[bytes, ...]
    failed: tuple[FailedPiece, ...]
    attempts: int


async def read_stretch(
    client: SupportsReadOffers,
    *,
    page: int,
    per_page: int,
    filters: OfferFilters | None = None,
    attempts: int | None = None,
    sizes: PageSizes | None = None,
    first_size: int | None = None,
    done: Mapping[int, int] | None = None,
    on_piece: Callable[[PieceRead], Awaitable[None]] | None = None,
    may_split: Callable[[], bool] = lambda: True,
) -> StretchRead:
    """Page `page`, in smaller pieces where it fails for a reason that a smaller page may cure.

    `sizes` says how large the pieces are to begin with, or `first_size`; who hands it in tells it of what comes of
    them. `done` has the pieces that need not be read, as `{rows of the stretch before it: its size}`.
    `on_piece` gets every piece that comes, in order. `may_split` is asked before every split. `attempts` are those of
    the whole page. Errors that a person must solve are raised at once; all others are in `failed`, with the rows that
    could be read.
    """
    sizes = sizes or PageSizes(per_page)
    stretch = _Stretch(client, page, per_page, filters, sizes, done or {}, on_piece, may_split)
    await stretch.read(first_size or min(sizes.next_size(), per_page), attempts or WHOLE_ATTEMPTS)
    return StretchRead(tuple(stretch.rows), tuple(stretch.failed), stretch.attempts)


class _Stretch:
    """One stretch being read: the rows so far, and the pieces that failed."""

    def __init__(
        self,
        client: SupportsReadOffers,
        page: int,
        per_page: int,
        filters: OfferFilters | None,
        sizes: PageSizes,
        done: Mapping[int, int],
        on_piece: Callable[[PieceRead], Awaitable[None]] | None,
        may_split: Callable[[], bool],
    ) -> None:
        self.rows: list[bytes] = []
        self.failed: list[FailedPiece] = []
        self.attempts = 0
        self._client = client
        self._page = page
        self._per_page = per_page
        self._filters = filters
        self._sizes = sizes
        self._steps = PageSizes(per_page).steps
        self._done = done
        self._on_piece = on_piece
        self._may_split = may_split
        self._at = 0  # rows of the stretch that are behind us
        self._failures: Counter[int] = Counter()  # by size
        self._failed_requests = 0
        self._in_a_row = 0

    async def read(self, size: int, whole_attempts: int) -> None:
        """Read from the first row to the last, in pieces of `size` or smaller.

        Only an empty piece is the end of the list: a short one proves nothing, because the list may move meanwhile.
        """
        while self._at < self._per_page:
            if self._at in self._done:
                self._at += self._done[self._at]
                continue
            size = self._fitting(size)
            split_attempts = self._split_attempts(size, whole_attempts)
            piece = self._page_at(size)
            try:
                read = await self._client.read_offers(
                    page=piece,
                    per_page=size,
                    filters=self._filters,
                    attempts=whole_attempts,
                    split_attempts=split_attempts,
                )
            except EmagError as error:
                if error.kind is ErrorKind.CONFIGURATION:
                    raise
                size = self._failed(piece, size, error)
            else:
                self.attempts += 1
                if not len(read):
                    return
                await self._passed(PieceRead(piece, size, read.raw_rows))
                size = self._grown(size)

    def _split_attempts(self, size: int, whole_attempts: int) -> int:
        # A whole page that is larger than is known to work is a trial, and one answer is enough of it.
        if size == self._per_page and size <= self._sizes.size:
            return whole_attempts
        return PIECE_ATTEMPTS if size > 1 else ROW_ATTEMPTS

    async def _passed(self, piece: PieceRead) -> None:
        self._in_a_row = 0
        self.rows.extend(piece.raw_rows)
        self._at += piece.per_page
        if self._on_piece is not None:
            await self._on_piece(piece)

    def _failed(self, piece: int, size: int, error: EmagError) -> int:
        """Note a piece that did not come. Returns the size to go on with."""
        tried = max(error.attempts, 1)
        self.attempts += tried
        self._failed_requests += tried
        self._in_a_row += tried
        self._failures[size] += _BARRED if error.took_too_long else 1
        given_up = self._in_a_row >= MOST_FAILURES_IN_A_ROW or self._failed_requests >= MOST_FAILURES
        below = self._below(size) if error.smaller_page_may_help else None
        if below is not None and not given_up and self._may_split():
            return below
        # Lost rows are not the end of the list: what follows is still read.
        self.failed.append(FailedPiece(piece, size, error))
        self._at += size
        if given_up or (below is not None and not self._may_split()):
            self._give_up(error)
        return self._grown(size)

    def _give_up(self, error: EmagError) -> None:
        while self._at < self._per_page:
            if self._at in self._done:
                self._at += self._done[self._at]
                continue
            size = self._fitting(self._per_page)
            self.failed.append(FailedPiece(self._page_at(size), size, error))
            self._at += size

    def _below(self, size: int) -> int | None:
        wanted = self._sizes.below(size) if size in self._sizes.steps else smaller(size)
        return next((step for step in self._steps if wanted is not None and step <= wanted), None)

    def _grown(self, size: int) -> int:
        """The size to go on with: one step larger where that may work, and ends where a larger piece begins."""
        place = self._steps.index(size)
        if place == 0:
            return size
        larger = self._steps[place - 1]
        is_barred = self._failures[larger] >= _BARRED or larger > self._sizes.next_size()
        return size if is_barred or self._at % larger else larger

    def _fitting(self, size: int) -> int:
        """The largest size, at most `size`, that begins where we are and has nothing of what is done."""
        return next(step for step in self._steps if step <= size and not self._at % step and self._is_free(step))

    def _is_free(self, size: int) -> bool:
        return not any(self._at < start < self._at + size for start in self._done)

    def _page_at(self, size: int) -> int:
        # Page p of size n covers the same rows as pages (p - 1) * n/m + 1 to p * n/m of size m.
        return ((self._page - 1) * self._per_page + self._at) // size + 1
