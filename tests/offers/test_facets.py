"""What the filters of the offers can choose among: counted by account, called by name, kept for a minute."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from emagsync.db.engine import Database
from emagsync.offers.facets import Facet, Facets, FacetValue
from emagsync.offers.reference_data import References
from offers.offer_rows import offer, remove, store
from support.clocks import ForwardClock
from support.databases import new_database

pytestmark = pytest.mark.databases("both", often="sqlite")

KNOWN = References(
    vat_rates={("main", 1): Decimal("0.2100"), ("fbe", 1): Decimal("0.2000"), ("fbe", 2): Decimal("0.2100")},
    categories={("main", 10): "Lămpi de birou", ("fbe", 10): "Lămpi de birou", ("main", 20): "Șurubelnițe"},
)


@pytest.fixture
async def copy(tmp_path: Path) -> AsyncIterator[Database]:
    async with new_database(tmp_path) as database:
        rows = [
            offer(1, brand="Philips", category_id=10, vat_id=1),
            offer(2, brand="Philips", category_id=10, vat_id=1),
            offer(3, brand="Țuică & Co", category_id=20, vat_id=1),
            offer(4, brand=None),
            offer(5, brand="Gone", category_id=30, vat_id=9),
        ]
        await store(database, rows)
        await remove(database, 5)
        await store(database, [offer(1, brand="Bosch, Germania", category_id=30, vat_id=2)], account="fbe")
        yield database


async def found(
    facets: Facets, facet: Facet, search: str = "", *, accounts: tuple[str, ...] = (), chosen: tuple[str, ...] = ()
) -> dict[str, int]:
    values = await facets.find(facet, KNOWN, search=search, accounts=accounts, chosen=chosen, limit=10)
    return {one.value: one.offers for one in values.values}


async def test_the_most_frequent_come_first_and_offers_that_are_gone_do_not_count(copy: Database) -> None:
    facets = Facets(copy, ForwardClock())
    assert next(iter(await found(facets, Facet.BRAND))) == "Philips"
    assert await found(facets, Facet.BRAND) == {"Philips": 2, "Țuică & Co": 1, "Bosch, Germania": 1}
    assert await found(facets, Facet.CATEGORY) == {"10": 2, "20": 1, "30": 1}
    assert await found(facets, Facet.VAT, accounts=("fbe",)) == {"2": 1}


@pytest.mark.parametrize(
    ("facet", "search", "values"),
    [
        (Facet.BRAND, "tuica co", ["Țuică & Co"]),
        (Facet.BRAND, "GERMANIA bosch", ["Bosch, Germania"]),
        (Facet.BRAND, "nothing", []),
        (Facet.CATEGORY, "surub", ["20"]),
        (Facet.CATEGORY, "birou", ["10"]),
        (Facet.CATEGORY, "30", ["30"]),
    ],
)
async def test_values_are_found_by_words_of_their_names(
    copy: Database, facet: Facet, search: str, values: list[str]
) -> None:
    assert list(await found(Facets(copy, ForwardClock()), facet, search)) == values


async def test_a_value_is_called_as_its_accounts_call_it(copy: Database) -> None:
    facets = Facets(copy, ForwardClock())

    async def names(facet: Facet, *accounts: str) -> dict[str, tuple[str, ...]]:
        values = (await facets.find(facet, KNOWN, accounts=accounts, limit=10)).values
        return {one.value: one.names for one in values}

    assert await names(Facet.CATEGORY) == {"10": ("Lămpi de birou",), "20": ("Șurubelnițe",), "30": ()}
    assert (await names(Facet.VAT))["1"] == ("0.2000", "0.2100")
    assert (await names(Facet.VAT, "main"))["1"] == ("0.2100",)


async def test_what_is_chosen_is_told_first_whatever_is_searched_for(copy: Database) -> None:
    values = await Facets(copy, ForwardClock()).find(
        Facet.BRAND, KNOWN, search="bosch", chosen=("Philips", "Nobody's"), limit=1
    )
    assert values.values == (
        FacetValue("Philips", (), 2),
        FacetValue("Nobody's", (), 0),
        FacetValue("Bosch, Germania", (), 1),
    )
    assert not values.has_more
    assert (await Facets(copy, ForwardClock()).find(Facet.BRAND, KNOWN, limit=2)).has_more


async def test_counts_are_kept_for_a_minute_at_most(copy: Database) -> None:
    clock = ForwardClock()
    facets = Facets(copy, clock)
    assert "New" not in await found(facets, Facet.BRAND)
    await store(copy, [offer(9, brand="New")])
    assert "New" not in await found(facets, Facet.BRAND)
    clock.forward(seconds=61)
    assert (await found(facets, Facet.BRAND))["New"] == 1
