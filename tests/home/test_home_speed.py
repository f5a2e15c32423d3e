"""Home costs what has changed, and not what there is: ten times the offers make it hardly slower."""

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

FEW = 5_000
MANY = 10 * FEW
CHANGES = 10_000
AT_ONCE = 5_000
TRIES = 9
MOST_TIMES_SLOWER = 3.0
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


async def fill(database: Database, offers: int) -> None:
    """The offers, a month's changes, and a night's an hour after AT, of the first few offers."""
    for start in range(1, offers + 1, AT_ONCE):
        async with database.transaction() as connection:
            observation = Observation("main", "run-1", AT - timedelta(days=30), is_first_copy=True)
            read = [offer(emag_id) for emag_id in range(start, start + AT_ONCE)]
            await repository.apply(connection, observation, same=(), read=read, stored=())
    chance = random.Random(1)
    for at, count in ((AT - timedelta(days=15), 2 * CHANGES), (AT + timedelta(hours=1), CHANGES)):
        for _ in range(0, count, AT_ONCE):
            kinds = chance.choices(list(NIGHT), list(NIGHT.values()), k=AT_ONCE)
            rows = [
                NotableChange("main", chance.randint(1, FEW), kind.value, at, "run-2", "no_stock") for kind in kinds
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


async def seconds(folder: Path, offers: int) -> dict[str, float]:
    """What Home takes of so many offers, and each kind of list that it leads to."""
    folder.mkdir()
    async with new_database(folder) as database:
        await fill(database, offers)

        async def home() -> object:
            # A new service remembers no counts: it reads as after each change.
            service = HomeService(database, Certificates(database), ForwardClock())
            return await service.read(["main"], since=AT)

        taken = {"home": await median_seconds(home)}
        for kind in (ChangeKind.STOCK_BY_EMAG, ChangeKind.UNSELLABLE):
            chosen = OfferFilter(include_removed=True, changes=ChangeFilter(kinds=(kind,), since=AT))
            taken[kind] = await median_seconds(lambda chosen=chosen: list_offers(database, chosen))
        return taken


@pytest.mark.thorough
@pytest.mark.quiet
async def test_home_and_the_lists_that_it_leads_to_cost_what_has_changed(tmp_path: Path) -> None:
    few, many = await seconds(tmp_path / "few", FEW), await seconds(tmp_path / "many", MANY)
    slower = {name: many[name] / few[name] for name in few}
    assert max(slower.values()) < MOST_TIMES_SLOWER, slower
