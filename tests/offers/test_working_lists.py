"""The lists that people work through: each finds exactly its offers, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from emagsync.db.engine import Database
from emagsync.offers import page_repository
from emagsync.offers.queries import list_offers
from emagsync.offers.selection import BuyButton, OfferFilter
from emagsync.offers.total_cache import TotalCache
from offers.offer_rows import AT, offer, remove, store
from support.databases import new_database

pytestmark = pytest.mark.databases("both", often="both")

IMAGE = "https://images.example/1.jpg"
PLAIN: dict[str, Any] = {"main_image": IMAGE, "buy_button_rank": 1, "vat_id": 1, "category_id": 10}
UNSOLD: dict[str, Any] = {**PLAIN, "sellable": False}
ROWS = [
    offer(1, **PLAIN),
    offer(2, **{**UNSOLD, "stock": 0, "not_sellable": "no_stock"}),
    offer(3, **{**PLAIN, "stock": 2, "buy_button_rank": 3}),
    offer(4, **{**UNSOLD, "not_sellable": "inactive no_stock", "stock": 0, "buy_button_rank": None}),
    offer(5, **{**UNSOLD, "not_sellable": "offer_no_stock_like", "vat_id": 2}),
    offer(6, **{**PLAIN, "sale_price": Decimal("9.99"), "min_sale_price": Decimal(10)}),
    offer(7, **{**PLAIN, "sale_price": Decimal("20.01"), "max_sale_price": Decimal(20)}),
    offer(8, **{**PLAIN, "sale_price": None, "min_sale_price": Decimal(10)}),
    offer(9, **{**PLAIN, "main_image": None}),
    offer(10, **{**PLAIN, "eans": ["111", "222"], "brand": "Acme", "category_id": 20}),
    offer(11, **{**PLAIN, "eans": ["222"], "brand": "Bosch", "category_id": 30}),
    offer(12, **{**PLAIN, "eans": ["333"]}),
    offer(13, **{**PLAIN, "eans": ["333"]}),
    offer(14, **{**PLAIN, "eans": ["444", "444"], "sale_price": Decimal(500), "currency": "EUR"}),
]


@pytest.fixture
async def copy(tmp_path: Path) -> AsyncIterator[Database]:
    async with new_database(tmp_path) as database:
        await store(database, ROWS)
        await store(database, [offer(12, **{**PLAIN, "eans": ["333"]})], account="fbe")
        await store(database, [offer(15, **PLAIN)], at=AT + timedelta(days=2))
        await remove(database, 13)
        yield database


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        pytest.param({"max_stock": 0}, [2, 4], id="out of stock"),
        pytest.param({"min_stock": 1, "max_stock": 4}, [3], id="low stock"),
        pytest.param({"reasons": ("no_stock",)}, [2, 4], id="by a reason"),
        pytest.param({"reasons": ("inactive", "offer_no_stock_like")}, [4, 5], id="by one of two reasons"),
        pytest.param({"reasons": ("no%",)}, [], id="a wildcard is itself"),
        pytest.param({"buy_buttons": (BuyButton.OTHERS,)}, [3], id="others have the buy button"),
        pytest.param({"buy_buttons": (BuyButton.OTHERS, BuyButton.UNKNOWN)}, [3, 4], id="or eMAG does not say"),
        pytest.param({"price_outside_limits": True}, [6, 7], id="price outside its limits"),
        pytest.param({"has_image": False}, [9], id="no image"),
        pytest.param({"same_ean": True}, [10, 11], id="an EAN twice in an account, not counting removed ones"),
        pytest.param({"same_ean": True, "brands": ("Acme",)}, [10], id="several filters"),
        pytest.param({"seen_before": AT + timedelta(days=1), "max_stock": 2}, [2, 3, 4], id="not seen for long"),
        pytest.param({"brands": ("Acme", "Bosch")}, [10, 11], id="brands"),
        pytest.param({"category_ids": (20, 30)}, [10, 11], id="categories"),
        pytest.param({"vat_ids": (2,)}, [5], id="VAT"),
        pytest.param({"currencies": ("EUR", "BGN")}, [14], id="currencies"),
        pytest.param({"min_rank": 2, "max_rank": 3}, [3], id="places for the buy button"),
        pytest.param({"min_price": Decimal("20.01"), "max_price": Decimal(100)}, [7], id="prices"),
        pytest.param({"min_price": Decimal(500)}, [14], id="a price that is just enough"),
    ],
)
async def test_each_list_finds_its_offers(copy: Database, wanted: dict[str, Any], ids: list[int]) -> None:
    totals = TotalCache()
    for _ in range(2):
        page = await list_offers(copy, OfferFilter(accounts=("main",), **wanted), totals=totals)
        assert ([row.emag_id for row in page.offers], page.total) == (ids, len(ids))


@pytest.mark.parametrize("reasons", [("no_stock",), ("inactive", "offer_no_stock_like"), ("no%",)], ids=str)
async def test_many_offers_with_a_reason_are_listed_as_few_are(
    copy: Database, monkeypatch: pytest.MonkeyPatch, reasons: tuple[str, ...]
) -> None:
    wanted = OfferFilter(accounts=("main",), reasons=reasons)
    few = await list_offers(copy, wanted)
    monkeypatch.setattr(page_repository, "_MANY", 0)
    assert await list_offers(copy, wanted) == few


async def test_those_within_their_limits_are_all_others(copy: Database) -> None:
    page = await list_offers(copy, OfferFilter(accounts=("main",), price_outside_limits=False))
    assert [row.emag_id for row in page.offers] == [1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 14, 15]


@pytest.mark.parametrize(
    ("wanted", "change"),
    [
        pytest.param({"reasons": ("no_stock",)}, {"not_sellable": "no_stock", "sellable": False}, id="reason"),
        pytest.param({"buy_buttons": (BuyButton.OTHERS,)}, {"buy_button_rank": 2}, id="buy button"),
        pytest.param({"price_outside_limits": True}, {"max_sale_price": Decimal(1)}, id="limits"),
        pytest.param({"has_image": False}, {"main_image": None}, id="image"),
        pytest.param({"same_ean": True}, {"eans": ["111"]}, id="EAN"),
        pytest.param({"brands": ("Acme",)}, {"brand": "Acme"}, id="brand"),
        pytest.param({"category_ids": (20,)}, {"category_id": 20}, id="category"),
        pytest.param({"vat_ids": (2,)}, {"vat_id": 2}, id="VAT"),
        pytest.param({"min_price": Decimal(400)}, {"sale_price": Decimal(400)}, id="price"),
        pytest.param({"min_stock": 100}, {"stock": 100}, id="stock"),
        pytest.param({"currencies": ("BGN",)}, {"currency": "BGN"}, id="currency"),
        pytest.param({"max_rank": 5, "min_rank": 4}, {"buy_button_rank": 4}, id="place for the buy button"),
    ],
)
async def test_a_remembered_total_is_right_after_a_change(
    copy: Database, wanted: dict[str, Any], change: dict[str, Any]
) -> None:
    totals = TotalCache()
    before = await list_offers(copy, OfferFilter(accounts=("main",), **wanted), totals=totals)
    await store(copy, [offer(1, **{**PLAIN, **change})])
    after = await list_offers(copy, OfferFilter(accounts=("main",), **wanted), totals=totals)
    assert after.total == before.total + 1 == len(after.offers)
    assert after.offers[0].emag_id == 1
