"""Reads a stretch of rows that eMAG does not deliver as one page.

[seen]: large pages time out or reset the connection while smaller ones pass. So a page that keeps failing is read as
smaller pages that cover exactly its rows, down to single ones; the next stretch begins at full size again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from emagsync.core.errors import ErrorKind
from emagsync.marketplace.errors import EmagError
from emagsync.marketplace.filters import OfferFilters
from emagsync.marketplace.pages import OfferPage

PIECE_ATTEMPTS: Final = 2
# 100 -> 50 -> 25 -> 5 -> 1: near to half, and each a divisor of the one before.
_FIRST_DIVISORS: Final = (2, 3, 5, 7)


class SupportsReadOffers(Protocol):
    """A client, as far as `read_stretch` uses it."""

    async def read_offers(
        self, *, page: int = 1, per_page: int = 100, filters: OfferFilters | None = None, attempts: int | None = None
    ) -> OfferPage:
        """One page, or an EmagError."""
        ...


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
    may_split: Callable[[], bool] = lambda: True,
) -> StretchRead:
    """Page `page`, in smaller pieces where it keeps failing for a reason that a smaller page may cure.

    `may_split` is asked before every split: no when the whole account is failing, which smaller pages do not cure.
    Errors that a person must solve are raised at once; all others are in `failed`, with the rows that could be read.
    """
    stretch = _Stretch(client, filters, may_split)
    await stretch.read(page, per_page, attempts)
    return StretchRead(tuple(stretch.rows), tuple(stretch.failed), stretch.attempts)


def smaller(per_page: int) -> int | None:
    """The next smaller size that divides `per_page`; None for 1."""
    if per_page == 1:
        return None
    divisor = next((number for number in _FIRST_DIVISORS if per_page % number == 0), per_page)
    return per_page // divisor


class _Stretch:
    """One stretch being read: the rows so far, and the pieces that failed."""

    def __init__(self, client: SupportsReadOffers, filters: OfferFilters | None, may_split: Callable[[], bool]) -> None:
        self.rows: list[bytes] = []
        self.failed: list[FailedPiece] = []
        self.attempts = 0
        self._client = client
        self._filters = filters
        self._may_split = may_split

    async def read(self, page: int, per_page: int, attempts: int | None) -> bool:
        """Read one piece. False when it is past the end of the list, and so is what follows.

        Only an empty piece proves that: a short one proves nothing, because the list may move while it is read.
        """
        try:
            read = await self._client.read_offers(
                page=page, per_page=per_page, filters=self._filters, attempts=attempts
            )
        except EmagError as error:
            self.attempts += max(error.attempts, 1)
            if error.kind is ErrorKind.CONFIGURATION:
                raise
            return await self._read_pieces(page, per_page, error)
        self.attempts += 1
        self.rows.extend(read.raw_rows)
        return len(read) > 0

    async def _read_pieces(self, page: int, per_page: int, error: EmagError) -> bool:
        size = smaller(per_page)
        if size is None or not error.smaller_page_may_help or not self._may_split():
            # Lost rows are not the end of the list: what follows is still read.
            self.failed.append(FailedPiece(page, per_page, error))
            return True
        # Page p of size n covers the same rows as pages (p - 1) * n/m + 1 to p * n/m of size m.
        pieces = per_page // size
        for piece in range((page - 1) * pieces + 1, page * pieces + 1):
            if not await self.read(piece, size, PIECE_ATTEMPTS):
                return False
        return True
