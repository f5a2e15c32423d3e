"""Amounts of different currencies are never compared, and those of the past keep the currency that they were in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.db.engine import Database
from emagsync.offers.change_feed import read_feed
from emagsync.offers.currencies import CurrencyChange, CurrencyCourse
from emagsync.offers.queries import find_offer, list_offers
from emagsync.offers.selection import OfferFilter, Order, SortKey
from emagsync.offers.total_cache import TotalCache
from offers.offer_rows import AT, offer, store
from support.databases import new_database

pytestmark = pytest.mark.databases("both", often="sqlite")

LATER, LAST = AT + timedelta(hours=1), AT + timedelta(hours=2)
steps = st.lists(st.sampled_from(["BGN", "EUR", "PLN"]), min_size=1, max_size=6)


@given(steps)
def test_each_amount_is_in_the_currency_of_its_time(currencies: list[str]) -> None:
    times = [AT + timedelta(days=day) for day in range(len(currencies))]
    changes = [
        CurrencyChange(at, old, new)
        for at, old, new in zip(times[1:], currencies, currencies[1:], strict=False)
        if old != new
    ]
    course = CurrencyCourse(currencies[-1], changes)
    for number, at in enumerate(times):
        assert course.since(at) == currencies[number]
        assert course.before(at) == currencies[max(number - 1, 0)]
        between = at + timedelta(hours=1)
        assert course.since(between) == currencies[number]


@pytest.fixture
async def copy(tmp_path: Path) -> AsyncIterator[Database]:
    async with new_database(tmp_path) as database:
        yield database


def priced(emag_id: int, price: str | None, currency: str = "RON", **changes: Any) -> Any:
    return offer(emag_id, sale_price=None if price is None else Decimal(price), currency=currency, **changes)


async def test_a_logged_amount_says_what_it_was_in(copy: Database) -> None:
    await store(copy, [priced(1, "100", "BGN"), priced(2, "10")])
    # The same id in another account is another offer.
    await store(copy, [priced(1, "100")], account="fbe")
    await store(copy, [priced(1, "51.1292", "EUR"), priced(2, "11")], at=LATER, run="run-2")
    await store(copy, [priced(1, "49", "EUR", stock=3), priced(2, None)], at=LAST, run="run-3")
    await store(copy, [priced(1, "90")], account="fbe", at=LAST, run="run-4")
    expected = {
        ("main", 1, LATER): ("100.0000", "BGN", "51.1292", "EUR"),
        ("main", 1, LAST): ("51.1292", "EUR", "49.0000", "EUR"),
        ("main", 2, LATER): ("10.0000", "RON", "11.0000", "RON"),
        ("main", 2, LAST): ("11.0000", "RON", None, None),
        ("fbe", 1, LAST): ("100.0000", "RON", "90.0000", "RON"),
    }
    feed = (await read_feed(copy, after=0, limit=100)).changes
    told = {
        (one.account_type, one.emag_id, one.at): (one.old, one.old_currency, one.new, one.currency)
        for one in feed
        if one.field == "sale_price" and one.old is not None
    }
    assert told == expected
    assert {(one.currency, one.old_currency) for one in feed if one.field in ("stock", "currency")} == {(None, None)}
    logged = (await find_offer(copy, "main", 1)).changes
    own = [
        (one.old, one.old_currency, one.new, one.currency)
        for one in logged
        if one.field == "sale_price" and one.old is not None
    ]
    assert own == [expected["main", 1, LAST], expected["main", 1, LATER]]


@pytest.mark.parametrize("descending", [False, True])
async def test_sorted_by_price_offers_of_one_currency_stand_together(copy: Database, descending: bool) -> None:
    rows = [
        priced(1, "90", "EUR"),
        priced(2, "100", "RON"),
        priced(3, None, "EUR"),
        priced(4, "20", "RON"),
        priced(5, "9", "EUR"),
        priced(6, None, "RON"),
        priced(7, "30", "BGN"),
    ]
    await store(copy, rows)
    order = Order(SortKey.PRICE, descending=descending)
    ids: list[int] = []
    for skip in range(0, len(rows), 2):
        page = await list_offers(copy, OfferFilter(), limit=2, skip=skip, order=order)
        ids += [row.emag_id for row in page.offers]
    # Within a currency, offers without a price come last.
    assert ids == ([2, 4, 6, 1, 5, 3, 7] if descending else [7, 5, 1, 3, 4, 2, 6])


async def test_offers_are_found_by_their_currency_and_counted_anew_when_it_changes(copy: Database) -> None:
    totals = TotalCache()

    async def found(currency: str) -> tuple[list[int], int]:
        page = await list_offers(copy, OfferFilter(currencies=(currency,)), totals=totals)
        return [row.emag_id for row in page.offers], page.total

    await store(copy, [priced(1, "90", "BGN"), priced(2, "100", "BGN"), priced(3, "5", "EUR")])
    assert [await found(currency) for currency in ("BGN", "EUR", "RON")] == [([1, 2], 2), ([3], 1), ([], 0)]
    await store(copy, [priced(2, "51.1292", "EUR")], at=LATER, run="run-2")
    assert [await found(currency) for currency in ("BGN", "EUR", "RON")] == [([1], 1), ([2, 3], 2), ([], 0)]
