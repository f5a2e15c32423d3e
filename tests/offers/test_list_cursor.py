"""Pages that begin behind a row: who follows the cursor meets what stays where it is once, whatever else happens."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import pytest

from emagsync.db.engine import Database
from emagsync.offers import found_repository, order_index_repository, page_repository
from emagsync.offers.order_indexes import order_index
from emagsync.offers.page_repository import OfferPage, PageAsked, page_at_once, select_page
from emagsync.offers.position_repository import Position
from emagsync.offers.selection import OfferFilter, Order, SortKey
from emagsync.offers.tables import offers
from emagsync.offers.total_cache import TotalCache
from offers.offer_rows import AT, offer, remove, store
from offers.test_order_indexes import forget_indexes
from support.databases import new_database

pytestmark = pytest.mark.databases("both", often="sqlite")

ORDERS = [Order(key, descending=descending) for key in SortKey for descending in (False, True)]
ALL = OfferFilter()
LAMPS = OfferFilter(search="lampa")
_TOTALS: WeakKeyDictionary[Database, TotalCache] = WeakKeyDictionary()


@pytest.fixture
async def copy(tmp_path: Path) -> AsyncIterator[Database]:
    async with new_database(tmp_path) as database:
        yield database
        await forget_indexes(database)


def some_offer(emag_id: int, chance: random.Random) -> Any:
    """An offer whose values others have too, or that has none."""
    return offer(
        emag_id,
        part_number=chance.choice([None, "LAMPA", "SKU-1", "SKU-2", f"SKU-{emag_id}"]),
        name=chance.choice([None, "Lampă", "Lampa", f"Lampă {emag_id}"]),
        sale_price=chance.choice([None, Decimal(5), Decimal("5.0001"), Decimal(900)]),
        currency=chance.choice(["RON", "EUR"]),
        stock=chance.choice([0, 1, 7]),
        brand="Lampa",
    )


async def page(copy: Database, order: Order, wanted: OfferFilter, after: Position | None, limit: int) -> OfferPage:
    asked = PageAsked(limit, 0, order, await order_index(copy, order), after)
    columns = (offers.c.account, offers.c.emag_id)
    async with copy.snapshot() as connection:
        found = await select_page(connection, wanted, columns, asked, TotalCache())
    at_once = await page_at_once(copy, wanted, columns, asked, _TOTALS.setdefault(copy, TotalCache()))
    if at_once is None:
        async with copy.snapshot() as connection:
            await select_page(connection, wanted, columns, asked, _TOTALS[copy])
        at_once = await page_at_once(copy, wanted, columns, asked, _TOTALS[copy])
    assert at_once == found
    return found


async def walked(
    copy: Database, order: Order, wanted: OfferFilter, *, disturbed: bool = False
) -> list[tuple[str, int]]:
    """All that a walk meets, in pages of several lengths; `disturbed`: even numbers stay, others come, go and move."""
    chance, found, after, rounds = random.Random(7), [], None, 0
    while True:
        got = await page(copy, order, wanted, after, 5 + rounds % 3)
        found += [(row.account, row.emag_id) for row in got.rows]
        if got.goes_on is None:
            return found
        after, rounds = got.goes_on, rounds + 1
        if disturbed:
            moved = [some_offer(2 * chance.randrange(15) + 1, chance) for _ in range(3)]
            await store(copy, {one.emag_id: one for one in moved}.values(), at=AT + timedelta(hours=rounds))
            await remove(copy, 2 * chance.randrange(15) + 1)


@pytest.mark.often(first=12)
@pytest.mark.parametrize(
    ("wanted", "by_index"),
    [(ALL, False), (ALL, True), (LAMPS, False), (LAMPS, True)],
    ids=["sorted", "by index", "few found", "many found"],
)
@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_a_walk_is_the_list_and_loses_or_doubles_nothing_that_stays(
    copy: Database, order: Order, wanted: OfferFilter, by_index: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if by_index:
        monkeypatch.setattr(found_repository, "FEW", 0)
        monkeypatch.setattr(page_repository, "_MANY", 1)
        monkeypatch.setattr(page_repository, "_SOME", 1)
        monkeypatch.setattr(order_index_repository, "LEAST_OFFERS", 1)
    chance = random.Random(repr(order))
    for account in ("main", "fbe"):
        await store(copy, [some_offer(number, chance) for number in range(1, 13)], account=account)
    whole = await page(copy, order, wanted, None, 100)
    expected = [(row.account, row.emag_id) for row in whole.rows]
    assert whole.goes_on is None
    assert len(expected) == whole.total == 24
    assert await walked(copy, order, wanted) == expected

    met = await walked(copy, order, wanted, disturbed=True)
    stayed = [key for key in met if key[0] == "fbe" or key[1] % 2 == 0]
    assert stayed == [key for key in expected if key[0] == "fbe" or key[1] % 2 == 0]


async def test_a_walk_by_relevance_goes_on_where_nothing_is_named_any_more(copy: Database) -> None:
    await store(copy, [offer(number, part_number="LAMPA" if number == 5 else f"X-{number}") for number in range(1, 8)])
    order = Order(SortKey.RELEVANCE)
    first = await page(copy, order, LAMPS, None, 1)
    assert [row.emag_id for row in first.rows] == [5]
    await store(copy, [offer(5, part_number="X-5")], at=AT + timedelta(hours=1))
    second = await page(copy, order, LAMPS, first.goes_on, 3)
    assert [row.emag_id for row in second.rows] == [1, 2, 3]
