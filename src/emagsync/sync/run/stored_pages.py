"""Tells whether the pages that an earlier attempt stored are still where they were in the list.

A run that is taken up goes on behind those pages, and hours of changes may lie between them and its own. Offers that
went from stored pages draw as many from unread ones into them, and nothing that the rest of the reading sees tells of
these: no row comes twice, and the number of rows is what eMAG counts now. So before a stored page is believed, single
rows are asked for where a stretch of stored pages borders on unread ones. A row that is still in its place says that as
many offers came before it as went; where each of them is, the unread pages hold what the stored ones do not, as in a
reading that was never interrupted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from emagsync.core.concurrency import run_concurrently
from emagsync.core.errors import ErrorKind
from emagsync.marketplace import OfferFilters
from emagsync.marketplace.errors import EmagError
from emagsync.sync.ledger import PageRead
from emagsync.sync.run.list_reader import ListReader

# Of more borders than this, as many spread over the list: a shift shows on all rows behind it until another one makes
# up for it, so that only two close to each other could slip through.
MOST_ASKED: Final = 16


class Border(NamedTuple):
    """A row at the edge of a stretch of stored pages: its place in the list, from 1, and its offer."""

    place: int
    emag_id: int


def borders(stored: Iterable[PageRead]) -> list[Border]:
    """The rows at both edges of every stretch of stored pages, in the order of the list; not the first of the list.

    `stored` are pages of one list, and parts of pages. Of one with rows that have no id it is not known which row is
    where: it counts as unread.
    """
    known = [page for page in stored if page.items and len(page.ids) == page.items]
    begins = {_rows_before(page) for page in known}
    ends = {0} | {_rows_before(page) + page.size for page in known}
    found: set[Border] = set()
    for page in known:
        before = _rows_before(page)
        if before not in ends:
            found.add(Border(before + 1, page.ids[0]))
        if before + page.size not in begins:
            found.add(Border(before + page.items, page.ids[-1]))
    return sorted(found)


def _rows_before(page: PageRead) -> int:
    return (page.page - 1) * page.size


def chosen(found: Sequence[Border], most: int = MOST_ASKED) -> list[Border]:
    """At most `most` of them, spread evenly, the last one among them: it has every shift before it."""
    if len(found) <= most:
        return list(found)
    return [found[(step * (len(found) - 1)) // (most - 1)] for step in range(most)]


async def are_in_place(
    reader: ListReader,
    stored: Sequence[PageRead],
    *,
    filters: OfferFilters,
    in_flight: int,
    stop: asyncio.Event,
) -> bool:
    """Whether every border row that is asked for is in its place. A row that does not come is not.

    Asks nothing more once one was elsewhere, or the run was told to stop. Raises AccountDown, and errors of the
    configuration.
    """
    asked = chosen(borders(stored))
    if not asked:
        return not any(page.items for page in stored)
    waiting = list(asked)
    moved = False

    async def ask() -> None:
        nonlocal moved
        while waiting and not moved and not stop.is_set():
            border = waiting.pop()  # the last first: behind every shift
            if await _id_at(reader, border.place, filters) != border.emag_id:
                moved = True

    await run_concurrently([ask() for _ in range(min(in_flight, len(asked)))])
    return not moved


async def _id_at(reader: ListReader, place: int, filters: OfferFilters) -> int | None:
    try:
        return await reader.id_at(place, filters)
    except EmagError as error:
        if error.kind is ErrorKind.CONFIGURATION:
            raise
        return None
