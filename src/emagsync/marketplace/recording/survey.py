"""Reads an account once from end to end, so that its answers can be recorded: good ones and failures alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from emagsync.core.errors import ErrorKind
from emagsync.marketplace.client import EmagClient
from emagsync.marketplace.errors import EmagError
from emagsync.marketplace.paging import FailedPiece, StretchRead, read_stretch
from emagsync.marketplace.rows.parse import peek_id

# So many stretches in a row without a row, or without a new one, and there is no more to learn.
_MOST_FUTILE: Final = 3


@dataclass
class Survey:
    """What was read: distinct ids, stretches of a page each, the pieces that failed, and why it ended early."""

    ids: set[int] = field(default_factory=set)
    pages: int = 0
    failed: list[FailedPiece] = field(default_factory=list)
    ended_by: EmagError | None = None
    repeats: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether the list was read to its end without a gap."""
        return not (self.failed or self.ended_by or self.repeats)


async def read_account(client: EmagClient, *, per_page: int = 100) -> Survey:
    """Everything that a sync asks for: VAT rates, the count, and the pages of all offers until an empty one.

    A page that keeps failing is read in smaller pieces and then passed over. Errors of eMAG are in the result.
    """
    survey = Survey()
    try:
        await _reference(client)
        await _pages(client, survey, per_page)
    except EmagError as error:
        survey.ended_by = error
    return survey


async def _reference(client: EmagClient) -> None:
    for read in (client.read_vat, client.count_offers):
        try:
            await read()
        except EmagError as error:
            # What only a person can cure meets every request; anything else is recorded, and that is what counts here.
            if error.kind is ErrorKind.CONFIGURATION:
                raise


async def _pages(client: EmagClient, survey: Survey, per_page: int) -> None:
    futile = 0
    while futile < _MOST_FUTILE:
        stretch = await read_stretch(client, page=survey.pages + 1, per_page=per_page)
        if not (stretch.raw_rows or stretch.failed):
            return
        survey.pages += 1
        futile = 0 if _learnt(survey, stretch) else futile + 1
    survey.repeats = not survey.failed


def _learnt(survey: Survey, stretch: StretchRead) -> bool:
    """Add what was read; whether anything of it was new."""
    survey.failed.extend(stretch.failed)
    new = {number for number in map(peek_id, stretch.raw_rows) if number is not None} - survey.ids
    survey.ids |= new
    return bool(new)
