"""Reads the offers of a selective run: those that are named, or that one of eMAG's filters lists."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

from emagsync.core.clock import Clock
from emagsync.core.errors import ErrorKind
from emagsync.marketplace import OfferFilters
from emagsync.marketplace.errors import EmagError, ListRepeats
from emagsync.marketplace.repeated_pages import RepeatedPages
from emagsync.sync.run.evidence import LookUps
from emagsync.sync.run.list_reader import ListReader
from emagsync.sync.run.page_fetcher import PageFetcher
from emagsync.sync.run.progress import RunProgress
from emagsync.sync.run.writer import RunWriter
from emagsync.sync.schemas import RunError, RunErrorCode, Selection

# Offers a page of the lists that eMAG filters.
LIST_PAGE: Final = 100


async def read_selection(
    fetcher: PageFetcher,
    writer: RunWriter,
    progress: RunProgress,
    selection: Selection,
    *,
    look_ups: LookUps,
    clock: Clock,
    stop: asyncio.Event,
    most_pages: int | None = None,
) -> None:
    """Read and store the selected offers, of each list at most `most_pages`. An id that eMAG does not know is noted;
    nothing is ever marked removed.

    Raises ListRepeats for a list that repeats itself instead of ending.
    """
    for emag_id in selection.ids:
        if stop.is_set():
            return
        await _read_one(fetcher.reader, writer, progress, emag_id, look_ups, clock)
    for scope, filters in lists(selection):
        await _read_list(fetcher, scope, filters, stop=stop, most_pages=most_pages)


def lists(selection: Selection) -> Iterator[tuple[str, OfferFilters]]:
    """The lists that are read for it: their name in the ledger, and eMAG's filters."""
    # The scope is a key of the ledger (16 characters): the kind of the list and its place in the selection.
    for place, part_number in enumerate(selection.part_numbers):
        yield f"pn-{place}", OfferFilters(part_number=part_number)
    for place, key in enumerate(selection.part_number_keys):
        yield f"pnk-{place}", OfferFilters(part_number_key=key)
    if selection.is_filtered:
        filters = OfferFilters(
            validation_status=selection.validation_status,
            general_stock=selection.max_stock,
            status=selection.status,
            offer_validation_status=selection.offer_validation_status,
        )
        yield "filtered", filters


async def _read_one(
    reader: ListReader, writer: RunWriter, progress: RunProgress, emag_id: int, look_ups: LookUps, clock: Clock
) -> None:
    asked_at = clock.now()
    look_ups.asked += 1
    try:
        row = await reader.find_offer(emag_id)
    except EmagError as error:
        if error.kind is ErrorKind.CONFIGURATION:
            raise
        look_ups.unanswered += 1
        message = f"offer {emag_id} could not be read: {error}"
        progress.note(RunError(code=error.code, message=message, at=clock.now(), emag_id=emag_id))
        return
    if row is None:
        look_ups.unknown += 1
        message = f"eMAG does not know an offer {emag_id} of this account"
        progress.note(RunError(code=RunErrorCode.OFFER_NOT_KNOWN, message=message, at=clock.now(), emag_id=emag_id))
    else:
        look_ups.found += 1
        await writer.store_rows([row.raw], read_at=asked_at)


async def _read_list(
    fetcher: PageFetcher, scope: str, filters: OfferFilters, *, stop: asyncio.Event, most_pages: int | None
) -> None:
    page, repeats = 1, RepeatedPages()
    while not stop.is_set() and (most_pages is None or page <= most_pages):
        read = await fetcher.fetch(1, scope, page, LIST_PAGE, filters)
        if read.error is not None or not read.rows:
            return
        if repeats.add(page, read.content):
            raise ListRepeats(page)
        page += 1
