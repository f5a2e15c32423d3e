"""Home is read before anything else: of a quarter of a million offers, after a night of 100,000 changes."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from emagsync.db.engine import Database
from emagsync.home.service import HomeService
from emagsync.offers import repository
from emagsync.offers.change_kinds import ChangeKind, NotableChange
from emagsync.offers.notable_repository import note_changes
from emagsync.offers.queries import list_offers
from emagsync.offers.records import Observation
from emagsync.offers.selection import ChangeFilter, OfferFilter
from emagsync.sync.certificate.service import Certificates
from offers.offer_rows import AT, offer
from support.clocks import ForwardClock
from support.databases import new_database

OFFERS = 250_000
CHANGES = 100_000
AT_ONCE = 5_000
TRIES = 7
HOME_SECONDS = 0.3
LIST_SECONDS = 0.15
# What a night is made of: mostly orders and prices.
NIGHT = {
    ChangeKind.STOCK_BY_EMAG: 40,
    ChangeKind.PRICE_BY_EMAG: 25,
    ChangeKind.OTHER: 20,
    ChangeKind.UNSELLABLE: 4,
    ChangeKind.SELLABLE: 4,
    ChangeKind.UNDERCUT: 3,
    ChangeKind.CHEAPEST: 2,
    ChangeKind.BUY_BUTTON_LOST: 1,
    ChangeKind.BUY_BUTTON_WON: 1,
}


async def fill(database: Database) -> None:
    """The offers, a month's changes, and a night's an hour after AT."""
    for start in range(1, OFFERS + 1, AT_ONCE):
        async with database.transaction() as connection:
            observation = Observation("main", "run-1", AT - timedelta(days=30), is_first_copy=True)
            read = [offer(emag_id) for emag_id in range(start, start + AT_ONCE)]
            await repository.apply(connection, observation, same=(), read=read, stored=())
    chance = random.Random(1)
    for at, count in ((AT - timedelta(days=15), 2 * CHANGES), (AT + timedelta(hours=1), CHANGES)):
        for _ in range(0, count, AT_ONCE):
            kinds = chance.choices(list(NIGHT), list(NIGHT.values()), k=AT_ONCE)
            rows = [
                NotableChange("main", chance.randint(1, OFFERS), kind.value, at, "run-2", "no_stock") for kind in kinds
            ]
            async with database.transaction() as connection:
                await note_changes(connection, rows)


async def median_seconds(do: Callable[[], Awaitable[object]]) -> float:
    times = []
    for _ in range(TRIES):
        begun = time.perf_counter()
        await do()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


@pytest.mark.thorough
@pytest.mark.quiet
async def test_home_and_the_lists_that_it_leads_to_are_quick(tmp_path: Path) -> None:
    async with new_database(tmp_path) as database:
        await fill(database)

        async def home() -> object:
            # A new service remembers no counts: it reads as after each change.
            service = HomeService(database, Certificates(database), ForwardClock())
            return await service.read(["main"], since=AT)

        assert await median_seconds(home) < HOME_SECONDS
        for kind in (ChangeKind.STOCK_BY_EMAG, ChangeKind.UNSELLABLE):
            chosen = OfferFilter(include_removed=True, changes=ChangeFilter(kinds=(kind,), since=AT))
            assert await median_seconds(lambda chosen=chosen: list_offers(database, chosen)) < LIST_SECONDS, kind
