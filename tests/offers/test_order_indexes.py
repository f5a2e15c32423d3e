"""Lists in other orders are read by an index that is made when it is asked for; the order is the same without."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from emagsync.db.engine import Database
from emagsync.offers import order_index_repository, order_indexes, page_repository
from emagsync.offers.order_index_repository import OrderIndex, index_for
from emagsync.offers.order_indexes import order_index
from emagsync.offers.page_repository import PageAsked, select_page
from emagsync.offers.selection import BuyButton, OfferFilter, Order, SortKey
from emagsync.offers.selection_repository import count
from emagsync.offers.tables import offers
from emagsync.offers.total_cache import TotalCache
from offers.offer_rows import AT, offer, remove, store
from support.databases import is_postgresql, new_database

pytestmark = pytest.mark.databases("both")

ORDERS = [Order(key, descending=descending) for key in SortKey for descending in (False, True)]
# Without an index, as `order_index_repository` says.
SORTED = {SortKey.SYNCED}

MANY = 6_000
# What most offers have, and what few have.
DENSE: dict[str, Any] = {
    "none": {},
    "account": {"accounts": ("main",)},
    "two accounts": {"accounts": ("fbe", "main")},
    "removed ones too": {"include_removed": True},
    "status": {"statuses": (1,)},
    "sellable": {"sellable": True},
    "stock": {"min_stock": 1},
    "currency": {"currencies": ("RON",)},
    "validation status": {"validation_statuses": (9,)},
    "price": {"min_price": Decimal(1)},
    "brand": {"brands": ("Nordika",)},
    "category": {"category_ids": (10, 11)},
    "VAT": {"vat_ids": (1,)},
    "buy button": {"buy_buttons": (BuyButton.OURS,)},
    "rank": {"max_rank": 1},
    "within limits": {"price_outside_limits": False},
    "changed since": {"changed_since": AT - timedelta(days=1)},
    "an image": {"has_image": True},
    "search": {"search": "lampa"},
}
SPARSE: dict[str, Any] = {
    "brand": {"brands": ("Acme",)},
    "category": {"category_ids": (99,)},
    "reason": {"reasons": ("no_stock",)},
    "not sellable": {"sellable": False},
    "no stock": {"max_stock": 0},
    "outside limits": {"price_outside_limits": True},
    "buy button": {"buy_buttons": (BuyButton.OTHERS,)},
}


@pytest.fixture
async def copy(tmp_path: Path) -> AsyncIterator[Database]:
    async with new_database(tmp_path) as database:
        yield database
        await forget_indexes(database)


async def forget_indexes(database: Database) -> None:
    """PostgreSQL's databases are emptied for the next test, and these would stay."""
    async with database.transaction() as connection:
        for order in ORDERS:
            index = index_for(order, connection.dialect.name)
            if index is not None:
                await connection.execute(text(f"DROP INDEX IF EXISTS {index.name}"))


def of_kinds(number: int) -> Iterator[Any]:
    """Offers of which every thirtieth is one of the few."""
    common = {"main_image": "https://images.example/1.jpg", "buy_button_rank": 1, "vat_id": 1, "category_id": 10}
    rare = {"brand": "Acme", "category_id": 99, "sellable": False, "not_sellable": "no_stock", "stock": 0}
    rare |= {"buy_button_rank": 2, "min_sale_price": Decimal(500)}
    for emag_id in range(1, number + 1):
        price = {"sale_price": Decimal(100 + emag_id * 7919 % 400), "stock": emag_id % 50 + 1}
        yield offer(emag_id, **{**common, **price, **(rare if emag_id % 30 == 0 else {})})


async def ids_of(database: Database, order: Order, index: OrderIndex | None, **window: int) -> list[int]:
    async with database.snapshot() as connection:
        asked = PageAsked(window["limit"], window["skip"], order, index)
        rows, *_ = await select_page(connection, OfferFilter(), (offers.c.id,), asked, TotalCache())
    return [row.id for row in rows]


@pytest.mark.often(first=8)
@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_a_page_is_the_same_by_the_index_as_sorted(
    copy: Database, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_repository, "_MANY", 1)
    monkeypatch.setattr(order_index_repository, "LEAST_OFFERS", 1)
    prices = [None, Decimal(5), Decimal("5.0001"), Decimal(1), None, Decimal(5), Decimal(900)]
    for account in ("main", "fbe"):
        rows = [
            offer(
                emag_id,
                sale_price=price,
                currency="EUR" if emag_id % 3 == 0 else "RON",
                stock=emag_id % 2,
                part_number=None if emag_id == 4 else f"SKU-{emag_id % 3}",
                name=None if emag_id == 5 else f"Țeavă {emag_id % 2}",
            )
            for emag_id, price in enumerate(prices, 1)
        ]
        await store(copy, rows, account=account, at=AT + timedelta(minutes=len(account)))
    await remove(copy, 2)
    expected = await ids_of(copy, order, None, limit=20, skip=0)
    index = await order_index(copy, order)
    assert len(expected) == 13
    for skip in (0, 3, 9):
        assert await ids_of(copy, order, index, limit=4, skip=skip) == expected[skip : skip + 4]


async def test_a_small_catalogue_gets_no_index(copy: Database) -> None:
    await store(copy, [offer(1)])
    assert await order_index(copy, Order(SortKey.PRICE)) is None
    async with copy.transaction() as connection:
        assert not await order_index_repository.are_many(connection)


@pytest.mark.databases("sqlite", "how a full disk shows is the same in either")
async def test_a_list_is_sorted_where_the_index_cannot_be_made(copy: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_index_repository, "LEAST_OFFERS", 1)
    await store(copy, [offer(1, stock=2), offer(2, stock=1)])
    broken = OrderIndex("ix_offers_by_stock", "no_such_table", "stock")
    monkeypatch.setattr(order_index_repository, "index_for", lambda *_: broken)
    assert await order_index(copy, Order(SortKey.STOCK)) is None
    assert await ids_of(copy, Order(SortKey.STOCK), None, limit=5, skip=0) == [2, 1]


@pytest.mark.databases("sqlite", "how a full disk shows is the same in either")
async def test_an_index_that_could_not_be_made_is_tried_again_later(
    copy: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_index_repository, "LEAST_OFFERS", 1)
    await store(copy, [offer(1)])
    order = Order(SortKey.STOCK)
    index = index_for(order, "sqlite")
    assert index is not None
    with monkeypatch.context() as patch:
        patch.setattr(order_index_repository, "index_for", lambda *_: index._replace(table="no_such_table"))
        assert await order_index(copy, order) is None
    assert await order_index(copy, order) is None
    monkeypatch.setattr(order_indexes, "AGAIN_AFTER", 0.0)
    assert await order_index(copy, order) == index


@pytest.mark.often(first=1)
@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.databases("both", often="sqlite")
async def test_no_list_sorts_the_catalogue(copy: Database, descending: bool) -> None:
    """Every sort of the page beside every filter: what most offers have is read in order by an index, what few have is
    sorted after it was found in one. No list reads the rows of all offers: PostgreSQL, which plans by statistics, does
    so for a few of some thousand."""
    await store(copy, of_kinds(MANY))
    async with copy.transaction() as connection:
        await connection.execute(text("ANALYZE" if is_postgresql() else "SELECT 1"))
    wrong = []
    for order in ORDERS:
        if order.key in SORTED or order.key is SortKey.RELEVANCE or order.descending is not descending:
            continue
        index = await order_index(copy, order)
        for kind, filters in (("dense", DENSE), ("sparse", {} if is_postgresql() else SPARSE)):
            for name, given in filters.items():
                steps = await plan_of(copy, OfferFilter(**given), order, index)
                if sorts_all(steps) if kind == "dense" else reads_all(steps):
                    wrong.append((str(order), kind, name, steps))
    assert not wrong, "\n".join(map(str, wrong))


async def plan_of(database: Database, wanted: OfferFilter, order: Order, index: OrderIndex | None) -> list[str]:
    """How the database reads the ids of the list's first page: a step in each line."""
    asked: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    async with database.snapshot() as connection:
        assert (await count(connection, wanted) > page_repository._MANY) == (wanted in map(_filter, DENSE.values()))
        event.listen(database.engine.sync_engine, "before_cursor_execute", hear)
        try:
            await select_page(connection, wanted, (offers.c.id,), PageAsked(50, 0, order, index), TotalCache())
        finally:
            event.remove(database.engine.sync_engine, "before_cursor_execute", hear)
        # The last: before a list of many that are searched for, it was tried whether they are few.
        *_, (statement, parameters) = [one for one in asked if "LIMIT" in one[0] and " AS page" in one[0]]
        if is_postgresql():
            explained = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            plan = explained.scalar_one()
            return list(_below_limit((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"], below=False))
        explained = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return _of_page([tuple(row) for row in explained])


def _filter(given: dict[str, Any]) -> OfferFilter:
    return OfferFilter(**given)


def _of_page(rows: list[tuple[Any, ...]]) -> list[str]:
    """The steps of SQLite's plan that are of the subquery of the page's ids."""
    [page] = [number for number, _, _, step in rows if step.split()[-1] == "page" and not step.startswith("SCAN")]
    return [step for _, parent, _, step in rows if parent == page]


def _below_limit(node: dict[str, Any], *, below: bool) -> Iterator[str]:
    """The steps of PostgreSQL's plan that find and order what the page is cut from."""
    if below:
        yield f"{node['Node Type']} {node.get('Relation Name', '')} {node.get('Index Name', '')}"
    for part in node.get("Plans", ()):
        yield from _below_limit(part, below=below or node["Node Type"] == "Limit")


def sorts_all(steps: list[str]) -> bool:
    """Whether all that match are sorted, and not only those that are the same in what comes first."""
    return any(step.startswith(("USE TEMP B-TREE FOR ORDER BY", "Sort ")) for step in steps) or reads_all(steps)


def reads_all(steps: list[str]) -> bool:
    """Whether the rows of all offers are read, in no order."""
    return not steps or any(step in ("SCAN offers", "Seq Scan offers ") for step in steps)
