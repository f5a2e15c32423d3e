"""Reads the offers of a selective run: those that are named, or that one of eMAG's filters lists."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from emagsync.core.clock import Clock
from emagsync.core.errors import ErrorKind
from emagsync.marketplace import EmagClient, OfferFilters
from emagsync.marketplace.errors import EmagError
from emagsync.marketplace.paging import read_stretch
from emagsync.sync.run.evidence import LookUps
from emagsync.sync.run.progress import RunProgress
from emagsync.sync.run.writer import PlacedPage, RunWriter
from emagsync.sync.schemas import RunError, RunErrorCode, Selection


async def read_selection(
    client: EmagClient,
    writer: RunWriter,
    progress: RunProgress,
    selection: Selection,
    *,
    look_ups: LookUps,
    clock: Clock,
    stop: asyncio.Event,
) -> None:
    """Read and store the selected offers. An id that eMAG does not know is noted; nothing is ever marked removed."""
    for emag_id in selection.ids:
        if stop.is_set():
            return
        await _read_one(client, writer, progress, emag_id, look_ups, clock)
    for scope, filters in lists(selection):
        await _read_list(client, writer, scope, filters, clock=clock, stop=stop)


def lists(selection: Selection) -> Iterator[tuple[str, OfferFilters]]:
    """The lists that are read for it: their name in the ledger, and eMAG's filters."""
    # The scope is a key of the ledger (16 characters): the kind of the list and its place in the selection.
    for place, part_number in enumerate(selection.part_numbers):
        yield f"pn-{place}", OfferFilters(part_number=part_number)
    for place, key in enumerate(selection.part_number_keys):
        yield f"pnk-{place}", OfferFilters(part_number_key=key)
    if selection.validation_status is not None or selection.max_stock is not None:
        yield (
            "filtered",
            OfferFilters(validation_status=selection.validation_status, general_stock=selection.max_stock),
        )


async def _read_one(
    client: EmagClient, writer: RunWriter, progress: RunProgress, emag_id: int, look_ups: LookUps, clock: Clock
) -> None:
    asked_at = clock.now()
    look_ups.asked += 1
    try:
        row = await client.find_offer(emag_id)
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
    client: EmagClient, writer: RunWriter, scope: str, filters: OfferFilters, *, clock: Clock, stop: asyncio.Event
) -> None:
    page = 1
    while not stop.is_set():
        place = PlacedPage(1, scope, page, 100, clock.now())
        read = await read_stretch(client, page=page, per_page=100, filters=filters)
        await writer.store_page(place, read)
        if read.failed or not read.raw_rows:
            return
        page += 1
