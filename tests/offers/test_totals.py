"""TotalCache of lists, which are remembered: they must be right all the same, whatever changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from emagsync.db.engine import Database
from emagsync.offers import change_repository, found_repository, repository, search
from emagsync.offers.queries import list_offers
from emagsync.offers.records import Observation
from emagsync.offers.selection import OfferFilter, Order, SortKey
from emagsync.offers.tables import FACETS, REMOVED
from emagsync.offers.total_cache import TotalCache
from offers.offer_rows import AT, offer, remove, statements_of, store
from support.databases import new_database

pytestmark = pytest.mark.databases("both")

LATER = AT + timedelta(hours=2)


@pytest.fixture
async def copy(tmp_path: Path) -> AsyncIterator[Database]:
    async with new_database(tmp_path) as database:
        yield database


@pytest.fixture
def remembered() -> TotalCache:
    return TotalCache()


async def total(copy: Database, remembered: TotalCache, wanted: OfferFilter, **window: int) -> int:
    return (await list_offers(copy, wanted, totals=remembered, **window)).total


@pytest.mark.often(first=8)
@pytest.mark.parametrize(
    ("wanted", "changes"),
    [
        pytest.param({"statuses": (1,)}, {"status": 0}, id="status"),
        pytest.param({"sellable": True}, {"sellable": False}, id="sellable"),
        pytest.param({"max_stock": 5}, {"stock": 6}, id="stock"),
        pytest.param({"validation_statuses": (9,)}, {"validation_status": 5}, id="validation"),
        pytest.param({"category_ids": (506,)}, {"category_id": 507}, id="category"),
        pytest.param({"search": "lampa"}, {"name": "Scaun"}, id="name"),
        pytest.param({"search": "sku-2"}, {"part_number": "X"}, id="part number"),
        pytest.param({"search": "D00002"}, {"part_number_key": "X"}, id="part number key"),
        pytest.param({"search": "5940000000002"}, {"eans": []}, id="EAN"),
        pytest.param({"search": "nor"}, {"brand": "Sudika"}, id="brand"),
    ],
)
async def test_a_total_follows_whatever_its_selection_looks_at(
    copy: Database, remembered: TotalCache, wanted: dict[str, Any], changes: dict[str, Any]
) -> None:
    selected = OfferFilter(**wanted)
    await store(copy, [offer(2, category_id=506)])
    assert await total(copy, remembered, selected) == 1
    await store(copy, [offer(2, **{"category_id": 506, **changes})])
    assert await total(copy, remembered, selected) == 0
    await store(copy, [offer(2, category_id=506)])
    assert await total(copy, remembered, selected) == 1


@pytest.mark.parametrize("wanted", [OfferFilter(), OfferFilter(search="lam"), OfferFilter(accounts=("main",))], ids=str)
async def test_a_total_follows_offers_that_come_go_and_return(
    copy: Database, remembered: TotalCache, wanted: OfferFilter
) -> None:
    await store(copy, [offer(1), offer(2)])
    assert await total(copy, remembered, wanted) == 2
    await store(copy, [offer(3)])
    assert await total(copy, remembered, wanted) == 3
    await remove(copy, 1, 2)
    assert await total(copy, remembered, wanted) == 1
    await store(copy, [offer(2)])
    assert await total(copy, remembered, wanted) == 2


@pytest.mark.parametrize("search", [None, "lam"])
async def test_removed_offers_are_counted_where_they_are_asked_for(
    copy: Database, remembered: TotalCache, search: str | None
) -> None:
    await store(copy, [offer(1), offer(2), offer(3, name="Scaun", brand="Sudika")])
    await remove(copy, 1)
    everything = OfferFilter(search=search, include_removed=True)
    assert await total(copy, remembered, everything) == (2 if search else 3)
    assert await total(copy, remembered, OfferFilter(search=search)) == (1 if search else 2)


async def test_a_total_of_what_changed_lately_follows_changes_that_no_log_tells_of(
    copy: Database, remembered: TotalCache
) -> None:
    lately = OfferFilter(changed_since=AT + timedelta(hours=1))
    await store(copy, [offer(1)])
    assert await total(copy, remembered, lately) == 0
    await store(copy, [offer(1, payload='{"description":"another"}')], at=LATER)
    assert await total(copy, remembered, lately) == 1


@pytest.mark.databases("sqlite", "PostgreSQL finds an offer as soon as it is stored")
async def test_a_total_follows_offers_that_search_finds_only_later(copy: Database, remembered: TotalCache) -> None:
    async with copy.transaction() as connection:
        await repository.apply(connection, Observation("main", "run-1", AT), same=(), read=[offer(1)])
    assert await total(copy, remembered, OfferFilter(search="lampa")) == 0
    await search.catch_up(copy)
    assert await total(copy, remembered, OfferFilter(search="lampa")) == 1


@pytest.mark.parametrize("wanted", [OfferFilter(), OfferFilter(search="lam"), OfferFilter(statuses=(1,))], ids=str)
async def test_what_a_selection_does_not_look_at_is_no_reason_to_count_again(
    copy: Database, remembered: TotalCache, monkeypatch: pytest.MonkeyPatch, wanted: OfferFilter
) -> None:
    monkeypatch.setattr(found_repository, "FEW", 0)  # few matches are counted as they are read
    await store(copy, [offer(1), offer(2)])
    await total(copy, remembered, wanted)
    await store(copy, [offer(1, stock=4)])
    with statements_of(copy) as said:
        assert await total(copy, remembered, wanted) == 2
    assert [statement for statement in said if "count(" in statement] == []


async def test_a_total_is_right_after_more_changes_than_are_looked_through(
    copy: Database, remembered: TotalCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_repository, "_MOST_CHANGES", 2)
    await store(copy, [offer(1), offer(2), offer(3)])
    assert await total(copy, remembered, OfferFilter(search="lampa")) == 3
    for stock in (1, 2, 3):
        await store(copy, [offer(1, stock=stock)])
    await store(copy, [offer(1, stock=3, name="Scaun")])
    assert await total(copy, remembered, OfferFilter(search="lampa")) == 2


async def test_a_page_near_the_end_is_right_when_offers_came_meanwhile(copy: Database, remembered: TotalCache) -> None:
    await store(copy, [offer(number) for number in range(1, 8)])
    await list_offers(copy, OfferFilter(), skip=6, limit=3, totals=remembered)
    await store(copy, [offer(number) for number in range(8, 11)])
    page = await list_offers(copy, OfferFilter(), skip=6, limit=3, totals=remembered)
    assert [row.emag_id for row in page.offers] == [7, 8, 9]
    assert page.total == 10


@pytest.mark.databases("sqlite", "PostgreSQL chooses by itself")
async def test_removed_offers_are_counted_without_a_look_at_all_others(
    copy: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(found_repository, "FEW", 0)  # of many matches
    await store(copy, [offer(1), offer(2)])
    await remove(copy, 1)
    with statements_of(copy) as said:
        assert await total(copy, TotalCache(), OfferFilter(search="lam")) == 1
    [counting] = [statement for statement in said if "removed_at IS NOT NULL" in statement]
    async with copy.snapshot() as connection:
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {counting}", ("lam",))
        steps = [step for *_, step in plan if "offers" in step]
    assert any(f"offers USING INDEX {REMOVED}" in step for step in steps), steps
    assert not any(FACETS in step for step in steps), steps


@pytest.mark.parametrize("accounts", [(), ("main",)], ids=["of all accounts", "of one"])
async def test_a_search_that_finds_few_offers_is_one_statement_the_same_for_all_of_its_shape(
    copy: Database, accounts: tuple[str, ...]
) -> None:
    await store(copy, [offer(number) for number in range(1, 4)])
    await remove(copy, 3)
    for order in Order(SortKey.RELEVANCE), Order(SortKey.NAME), Order(SortKey.PRICE, descending=True):
        statements = set()
        for words, ids in (
            ("sku2", [2]),
            ("D00002BM", [2]),
            ("5940000000002", [2]),
            ("LAMPA", [1, 2]),
            ("nothing", []),
        ):
            with statements_of(copy) as said:
                page = await list_offers(copy, OfferFilter(search=words, accounts=accounts), order=order)
            assert (sorted(row.emag_id for row in page.offers), page.total) == (ids, len(ids))
            statements.update(statement for statement in said if "SELECT" in statement)
        assert len(statements) == 1, statements


@pytest.mark.parametrize("skip", [0, 1, 2, 9])
async def test_a_page_past_the_last_match_still_tells_how_many_there_are(copy: Database, skip: int) -> None:
    await store(copy, [offer(1), offer(2), offer(3, name="Scaun", brand="Sudika")])
    page = await list_offers(copy, OfferFilter(search="lampa"), skip=skip, limit=50)
    assert ([row.emag_id for row in page.offers], page.total) == ([1, 2][skip:], 2)


@pytest.mark.parametrize("few", [0, 1, 100])
async def test_few_matches_and_many_are_listed_alike(copy: Database, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(found_repository, "FEW", few)
    await store(copy, [offer(1), offer(2, name="SKU-1 rezervă"), offer(3, stock=0), offer(4, part_number="X")])
    remembered = TotalCache()
    for _ in range(2):
        page = await list_offers(copy, OfferFilter(search="sku-1"), order=Order(SortKey.RELEVANCE), totals=remembered)
        assert ([row.emag_id for row in page.offers], page.total) == ([1, 2], 2)
        page = await list_offers(copy, OfferFilter(search="sku", max_stock=0), totals=remembered)
        assert ([row.emag_id for row in page.offers], page.total) == ([3], 1)
