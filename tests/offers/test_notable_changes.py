"""What happened to offers, by kind: what is noted with a change, and which offers each kind finds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from emagsync.db.engine import Database
from emagsync.offers import notable_repository, queries, repository
from emagsync.offers.change_kinds import ChangeKind, update_kinds
from emagsync.offers.records import Observation, OfferRecord
from emagsync.offers.selection import ChangeFilter, OfferFilter
from offers.offer_rows import AT, offer, remove, store
from support.databases import new_database

HOUR = timedelta(hours=1)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with new_database(tmp_path) as database:
        yield database


async def read(
    database: Database, *records: OfferRecord, at: datetime, source: str = "sync", run: str = "run-2"
) -> None:
    async with database.transaction() as connection:
        await repository.apply(connection, Observation("main", run, at, source), same=(), read=records)


async def first_copy(database: Database, *records: OfferRecord) -> None:
    async with database.transaction() as connection:
        observation = Observation("main", "run-1", AT, is_first_copy=True)
        await repository.apply(connection, observation, same=(), read=records)


async def counts(database: Database, accounts: Collection[str] = (), **bounds: Any) -> dict[ChangeKind, int]:
    async with database.snapshot() as connection:
        found = await notable_repository.count_kinds(connection, ChangeFilter(**bounds), accounts)
    return {one.kind: one.offers for one in found}


async def found(database: Database, *kinds: ChangeKind, **bounds: Any) -> list[int]:
    """The list that a number of Home leads to."""
    chosen = OfferFilter(changes=ChangeFilter(kinds=kinds, **bounds), include_removed=True)
    listed = await queries.list_offers(database, chosen)
    assert listed.total == len(listed.offers)
    return [one.emag_id for one in listed.offers]


UNSELLABLE = {"sellable": False, "not_sellable": "no_stock inactive"}


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        pytest.param({}, {"sale_price": Decimal("9.0000")}, {"price_by_emag"}, id="price"),
        pytest.param({}, {"stock": 6}, {"stock_by_emag"}, id="stock"),
        pytest.param({}, UNSELLABLE, {"unsellable"}, id="unsellable"),
        pytest.param(UNSELLABLE, {}, {"sellable"}, id="sellable again"),
        pytest.param({"buy_button_rank": 1}, {"buy_button_rank": 2}, {"buy_button_lost"}, id="button lost"),
        pytest.param({"buy_button_rank": 1}, {"buy_button_rank": None}, {"buy_button_lost"}, id="button of nobody"),
        pytest.param({"buy_button_rank": 3}, {"buy_button_rank": 1}, {"buy_button_won"}, id="button won"),
        pytest.param({"buy_button_rank": 3}, {"buy_button_rank": 2}, {"other"}, id="another rank"),
        pytest.param({}, {"best_offer_sale_price": Decimal("121.8399")}, {"undercut"}, id="others are cheaper"),
        pytest.param({}, {"best_offer_sale_price": Decimal("121.8400")}, {"other"}, id="others are as cheap"),
        pytest.param(
            {"best_offer_sale_price": Decimal(130)},
            {"best_offer_sale_price": Decimal(130), "sale_price": Decimal("140.0000")},
            {"price_by_emag", "undercut"},
            id="our price rose above theirs",
        ),
        pytest.param({"best_offer_sale_price": Decimal(1)}, {}, {"cheapest"}, id="cheapest again"),
        pytest.param({}, {"validation_status": 8}, {"documentation_rejected", "other"}, id="rejected"),
        pytest.param({"validation_status": 5}, {"validation_status": 8}, {"other"}, id="rejected for another reason"),
        pytest.param({"validation_status": 8}, {}, {"documentation_cleared", "other"}, id="not rejected any more"),
        pytest.param({}, {"name": "Altă lampă"}, {"other"}, id="name"),
        pytest.param({}, {"payload": '{"id":1,"images":[]}'}, {"other"}, id="what is not logged"),
    ],
)
def test_each_change_has_its_kinds(before: dict[str, Any], after: dict[str, Any], kinds: set[str]) -> None:
    assert {str(found.kind) for found in update_kinds(offer(1, **before), offer(1, **after), by_us=False)} == kinds


def test_what_a_push_read_back_was_changed_by_us() -> None:
    changed = update_kinds(offer(1), offer(1, sale_price=Decimal(1), stock=1), by_us=True)
    assert [found.kind for found in changed] == [ChangeKind.PRICE_BY_US, ChangeKind.STOCK_BY_US]


@pytest.mark.databases("both")
async def test_each_number_is_that_of_the_list_it_leads_to(database: Database) -> None:
    await first_copy(database, *(offer(number) for number in range(1, 8)))
    await read(
        database,
        offer(1, sale_price=Decimal(1)),
        offer(2, **UNSELLABLE),
        offer(3, stock=9),
        offer(8, validation_status=8),
        at=AT + HOUR,
    )
    await read(database, offer(1, sale_price=Decimal(2)), at=AT + 2 * HOUR)
    await remove(database, 4, at=AT + 2 * HOUR)
    await read(database, offer(5, stock=1), at=AT + 2 * HOUR, source="push")
    assert await counts(database, since=AT + HOUR) == {
        ChangeKind.PRICE_BY_EMAG: 1,
        ChangeKind.STOCK_BY_EMAG: 1,
        ChangeKind.STOCK_BY_US: 1,
        ChangeKind.NEW: 1,
        ChangeKind.GONE: 1,
        ChangeKind.UNSELLABLE: 1,
        ChangeKind.DOCUMENTATION_REJECTED: 1,
    }
    assert await found(database, ChangeKind.GONE, since=AT) == [4]
    assert await found(database, ChangeKind.NEW, ChangeKind.STOCK_BY_EMAG, since=AT) == [3, 8]
    assert await found(database, since=AT + 2 * HOUR) == [1, 4, 5]
    assert await found(database, ChangeKind.PRICE_BY_EMAG, since=AT, until=AT + HOUR) == []
    assert await counts(database, ["fbe"], since=AT) == {}


@pytest.mark.databases("both")
async def test_of_opposites_the_last_one_within_the_bounds_counts(database: Database) -> None:
    await first_copy(database, offer(1), offer(2))
    await read(database, offer(1, **UNSELLABLE), offer(2, **UNSELLABLE), at=AT + HOUR)
    await read(database, offer(1), at=AT + 2 * HOUR)
    assert await found(database, ChangeKind.UNSELLABLE, since=AT) == [2]
    assert await found(database, ChangeKind.SELLABLE, since=AT) == [1]
    assert await found(database, ChangeKind.UNSELLABLE, since=AT, until=AT + 2 * HOUR) == [1, 2]
    assert await counts(database, since=AT) == {ChangeKind.UNSELLABLE: 1, ChangeKind.SELLABLE: 1}


@pytest.mark.databases("both")
async def test_a_price_that_changed_back_is_counted_all_the_same(database: Database) -> None:
    await first_copy(database, offer(1))
    await read(database, offer(1, sale_price=Decimal(1)), at=AT + HOUR)
    await read(database, offer(1), at=AT + 2 * HOUR)
    assert await counts(database, since=AT) == {ChangeKind.PRICE_BY_EMAG: 1}


@pytest.mark.databases("both")
async def test_unsellable_offers_are_found_by_why(database: Database) -> None:
    await first_copy(database, *(offer(number) for number in (1, 2, 3)))
    await read(database, offer(1, **UNSELLABLE), offer(2, sellable=False, not_sellable="no_stock"), at=AT + HOUR)
    async with database.snapshot() as connection:
        reasons = await notable_repository.count_reasons(connection, ChangeFilter(since=AT))
    assert reasons == {"no_stock": 2, "inactive": 1}
    assert await found(database, ChangeKind.UNSELLABLE, since=AT, reason="inactive") == [1]
    assert await found(database, ChangeKind.UNSELLABLE, since=AT, reason="stock") == []


@pytest.mark.databases("both")
async def test_a_run_finds_all_that_it_changed_and_a_first_copy_is_no_news(database: Database) -> None:
    await first_copy(database, offer(1), offer(2))
    await read(database, offer(2, name="Altă lampă"), offer(3), at=AT + HOUR)
    assert await found(database, run_id="run-1") == [1, 2]
    assert await found(database, ChangeKind.NEW, run_id="run-1") == [1, 2]
    assert await found(database, run_id="run-2") == [2, 3]
    assert await counts(database, run_id="run-2") == {ChangeKind.OTHER: 1, ChangeKind.NEW: 1}
    assert await counts(database, since=AT) == {ChangeKind.OTHER: 1, ChangeKind.NEW: 1}


@pytest.mark.databases("both")
async def test_an_offer_that_comes_back_unchanged_is_back(database: Database) -> None:
    await store(database, [offer(1)])
    await remove(database, 1, at=AT + HOUR)
    await read(database, offer(1), at=AT + 2 * HOUR)
    assert await counts(database, since=AT + HOUR) == {ChangeKind.BACK: 1}
