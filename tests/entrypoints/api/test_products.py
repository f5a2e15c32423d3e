"""Lists of products: what they hold, what they find, and in which order."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event

from emagsync.offers.product_schemas import STALE_AFTER, Product, ProductPage
from emagsync.offers.records import OfferRecord
from offers.offer_rows import AT, offer, remove, store
from support.api import Api
from support.clocks import ForwardClock

pytestmark = pytest.mark.databases("both", often="sqlite")

PRODUCTS = "/api/v1/emag/products/products"


async def page(api: Api, **query: Any) -> dict[str, Any]:
    answer = await api.viewer.get(PRODUCTS, params=query)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["status"] == "success"
    return document["data"]  # type: ignore[no-any-return]


async def found(api: Api, **query: Any) -> list[int]:
    return [product["emag_id"] for product in (await page(api, **query))["products"]]


async def test_a_product_has_the_fields_that_scripts_read(api: Api) -> None:
    await store(api.state.database, [offer(7, sale_price=Decimal("121.8400"), eans=["5940000000001", "5940000000002"])])
    (product,) = (await page(api))["products"]
    assert product | {"id": 1, "version": "", "last_synced_at": "2026-11-23T10:00:00Z"} == {
        "id": 1,
        "emag_id": 7,
        "part_number": "SKU-7",
        "sku": "SKU-7",
        "part_number_key": "D00007BM",
        "name": "Lampă 7",
        "brand": "Nordika",
        "account": "main",
        "account_type": "main",
        "sale_price": "121.8400",
        "price": "121.8400",
        "currency": "RON",
        "currency_type": None,
        "stock": 5,
        "stock_quantity": 5,
        "is_active": True,
        "status": "active",
        "status_code": 1,
        "sync_status": product["sync_status"],
        "sellable": True,
        "not_sellable": [],
        "category_id": None,
        "eans": ["5940000000001", "5940000000002"],
        "main_image": None,
        "recommended_price": None,
        "min_sale_price": None,
        "max_sale_price": None,
        "best_offer_sale_price": None,
        "main_offer_price": None,
        "buy_button_rank": None,
        "number_of_offers": None,
        "vat_id": None,
        "estimated_stock": None,
        "handling_time": None,
        "warranty": None,
        "validation_status": 9,
        "translation_validation_status": None,
        "offer_validation_status": 1,
        "ownership": None,
        "genius_eligibility": None,
        "genius_eligibility_type": None,
        "genius_computed": None,
        "version": "",
        "created_at": "2026-11-23T10:00:00Z",
        "updated_at": "2026-11-23T10:00:00Z",
        "last_synced_at": "2026-11-23T10:00:00Z",
        "removed_at": None,
        "pending_edits": [],
        "effective": None,
        "sale_price_with_vat": None,
        "price_with_vat": None,
        "vat_rate": None,
        "category_name": None,
    }
    assert set(product) == {*Product.model_fields, *Product.model_computed_fields}


async def test_a_list_is_written_as_its_schema_says(api: Api) -> None:
    """It is not made of the schema's models, so this is what keeps the two the same."""
    late = AT + timedelta(microseconds=120_300)
    numbers = {
        field: 2**40
        for field, kind in OfferRecord.__annotations__.items()
        if kind == "int | None" and field not in ("status", "ownership")
    }
    amounts = {"recommended_price": Decimal("0.0001"), "min_sale_price": Decimal("99999999999999.9999")}
    full = offer(1, **numbers, **amounts, ownership=1, main_image='https://a.ro/"ă\u2028', sellable=False)
    bare = dict.fromkeys(("part_number", "part_number_key", "name", "brand", "status", "sale_price"))
    await store(api.state.database, [full, offer(2, **bare, eans=[], not_sellable="no_stock inactive")], at=late)
    await store(api.state.database, [offer(3, status=7)])
    await remove(api.state.database, 3, at=late)
    answer = await api.viewer.get(PRODUCTS, params={"include_removed": "true"})
    read = ProductPage.model_validate_json(answer.content, strict=True)
    assert len(read.data.products) == 3
    assert read.model_dump(mode="json") == answer.json()


async def test_a_list_begins_with_the_first_fifty_and_says_how_many_there_are(api: Api) -> None:
    await store(api.state.database, [offer(number) for number in range(1, 121)])
    data = await page(api)
    assert data["pagination"] == {"skip": 0, "limit": 50, "total": 120}
    assert [product["emag_id"] for product in data["products"]] == list(range(1, 51))
    assert await found(api, skip=118) == [119, 120]
    assert (await page(api, skip=120))["products"] == []


@pytest.mark.parametrize("sort", ["account", "-price", "name", "-stock_quantity", "last_synced_at", "-sku"])
async def test_paging_through_everything_yields_each_product_once(api: Api, sort: str) -> None:
    for account in ("main", "fbe"):
        rows = [
            offer(
                number,
                stock=number % 3,
                sale_price=None if number % 5 == 0 else Decimal(number % 4),
                name=f"N{number % 2}",
            )
            for number in range(1, 60)
        ]
        await store(api.state.database, rows, account=account)
    ids = [
        product["id"]
        for skip in range(0, 130, 13)
        for product in (await page(api, skip=skip, limit=13, sort=sort))["products"]
    ]
    assert len(ids) == len(set(ids)) == 118


async def test_a_product_is_synced_stale_or_removed(api: Api, clock: ForwardClock) -> None:
    now = clock.now()
    await store(api.state.database, [offer(1)], at=now)
    await store(api.state.database, [offer(2)], at=now - STALE_AFTER - timedelta(minutes=1))
    await store(api.state.database, [offer(3)], at=now)
    await remove(api.state.database, 3, at=now)
    products = (await page(api, include_removed=True))["products"]
    assert [product["sync_status"] for product in products] == ["synced", "stale", "removed"]
    assert [product["is_active"] for product in products] == [True, True, False]
    assert await found(api) == [1, 2]


@pytest.mark.databases("both")
async def test_filters_are_all_true_of_what_is_listed(api: Api) -> None:
    database = api.state.database
    await store(
        database,
        [
            offer(1, status=0, sellable=False, not_sellable="inactive"),
            offer(2, status=2, sellable=False, not_sellable="end_of_life"),
            offer(3, stock=0, sellable=False, not_sellable="no_stock", category_id=77),
            offer(4, validation_status=8, sellable=False, not_sellable="validation_8"),
            offer(5, category_id=77),
        ],
    )
    await store(database, [offer(6)], account="fbe", at=AT + timedelta(hours=1))
    await store(database, [offer(7)], account="hu", at=AT)
    assert await found(api, account_type="fbe") == [6]
    assert await found(api, account_type="MAIN") == [1, 2, 3, 4, 5]
    assert await found(api, account_type="both") == [6, 1, 2, 3, 4, 5]
    assert await found(api, account_type="all") == [6, 7, 1, 2, 3, 4, 5]
    assert await found(api, status="inactive") == [1]
    assert await found(api, status=["inactive", "end_of_life"]) == [1, 2]
    assert await found(api, sellable="true") == [6, 7, 5]
    assert await found(api, sellable="false", status="active") == [3, 4]
    assert await found(api, stock_max=0) == [3]
    assert await found(api, validation_status=8) == [4]
    assert await found(api, category_id=77, sellable="true") == [5]
    assert await found(api, changed_since="2026-11-23T10:30:00Z") == [6]
    assert await found(api, changed_since="2026-11-23T12:30:00+02:00") == [6]
    assert await found(api, changed_since="2026-11-23T10:30:00") == [6]


@pytest.mark.databases("both")
async def test_a_list_is_sorted_as_asked_and_what_has_no_value_comes_last(api: Api) -> None:
    await store(
        api.state.database,
        [
            offer(1, name="țeavă", sale_price=Decimal(10), stock=3),
            offer(2, name="Abajur", sale_price=Decimal(9), stock=3),
            offer(3, name="șurub", sale_price=None, stock=1),
            offer(4, name="Becuri", sale_price=Decimal(10), stock=2),
        ],
    )
    assert await found(api, sort="price") == [2, 1, 4, 3]
    assert await found(api, sort="-price") == [4, 1, 2, 3]
    assert await found(api, sort="name") == [2, 4, 3, 1]
    assert await found(api, sort="stock_quantity") == [3, 4, 1, 2]
    assert await found(api, sort="-emag_id") == [4, 3, 2, 1]


async def test_a_list_by_price_is_by_currency_first_and_says_so(api: Api) -> None:
    prices = {1: ("90", "EUR"), 2: ("100", "RON"), 3: ("9", "EUR"), 4: ("20", "RON")}
    rows = [offer(one, sale_price=Decimal(price), currency=code) for one, (price, code) in prices.items()]
    await store(api.state.database, rows)
    assert await found(api, sort="price") == [3, 1, 4, 2]
    assert (await page(api, sort="price"))["grouped_by"] == "currency"
    assert (await page(api, sort="name"))["grouped_by"] is None
    assert await found(api, sort="-price", currency="eur") == [1, 3]
    assert (await page(api, currency="RON"))["pagination"]["total"] == 2
    export = await api.viewer.get(f"{PRODUCTS}/export", params={"currency": "EUR", "format": "jsonl"})
    assert len(export.text.splitlines()) == 2
    statistics = (await api.viewer.get("/api/v1/emag/products/statistics")).json()
    assert statistics["accounts"]["main"]["currencies"] == {"EUR": 2, "RON": 2}


async def test_products_are_found_by_the_ids_of_emag(api: Api) -> None:
    for account in ("main", "fbe"):
        await store(api.state.database, [offer(number) for number in range(1, 6)], account=account)
    assert await found(api, emag_id=[4, 2, 99], account_type="main") == [2, 4]
    assert await found(api, emag_id=3) == [3, 3]


@pytest.mark.often(first=8)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("emag_id", "x"),
        ("skip", -1),
        ("skip", "many"),
        ("skip", 2**70),
        ("limit", 0),
        ("limit", 501),
        ("sort", "colour"),
        ("status", "sold"),
        ("sellable", "perhaps"),
        ("stock_max", -1),
        ("currency", "lei2"),
        ("stock_max", 2**80),
        ("category_id", "lamps"),
        ("changed_since", "yesterday"),
        ("changed_since", "0001-01-01T00:00:00+14:00"),
        ("changed_since", "9999-12-31T23:59:59-12:00"),
        ("account_type", "main; DROP TABLE offers"),
        ("search", "x" * 201),
    ],
)
@pytest.mark.databases("both", first=2, often="sqlite")
async def test_what_makes_no_sense_is_refused_with_its_name(api: Api, field: str, value: Any) -> None:
    answer = await api.viewer.get(PRODUCTS, params={field: value})
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"].split(".")[0] == field


async def test_totals_follow_every_change(api: Api) -> None:
    database = api.state.database
    await store(database, [offer(1, name="Lampă"), offer(2, name="Lampă")])
    assert (await page(api, search="lampa"))["pagination"]["total"] == 2
    await store(database, [offer(2, name="Scaun"), offer(3, name="LAMPA mare")])
    assert (await page(api, search="lampa"))["pagination"]["total"] == 2
    await remove(database, 1)
    assert (await page(api, search="lampa"))["pagination"]["total"] == 1
    assert (await page(api, search="lampa", include_removed=True))["pagination"]["total"] == 2
    await store(database, [offer(2, name="Scaun", eans=["4006381333931"]), offer(1, name="Lampă")])
    assert (await page(api, search="4006381333931"))["pagination"]["total"] == 1
    assert (await page(api, search="lampa"))["pagination"]["total"] == 2


async def test_a_list_asks_the_database_who_calls_and_for_the_page_and_nothing_else(api: Api) -> None:
    await store(api.state.database, [offer(1), offer(2)])
    await page(api, search="lampa")
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    engine = api.state.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", hear)
    await page(api, search="lampa")
    event.remove(engine, "before_cursor_execute", hear)
    assert len(said) == 2, said


async def test_filters_take_several_values_in_a_query_and_one_or_several_in_a_body(api: Api) -> None:
    rows = [offer(1, currency="EUR", category_id=1), offer(2, currency="BGN", category_id=2), offer(3, category_id=3)]
    await store(api.state.database, [row._replace(buy_button_rank=row.emag_id) for row in rows])
    assert await found(api, currency=["eur", "BGN"]) == [1, 2]
    assert await found(api, category_id=[1, 3]) == [1, 3]
    assert await found(api, category_id=1, category=3) == [1, 3]
    assert await found(api, buy_button_rank_min=2, buy_button_rank_max=2) == [2]
    for currency, count in (("EUR", 1), (["EUR", "bgn"], 2)):
        change = {"filter": {"currency": currency}, "set": {"stock": 7}, "preview": True}
        answer = await api.operator.post(f"{PRODUCTS}/bulk-change", json=change)
        assert len(answer.json()["data"]["rows"]) == count


async def test_the_values_of_a_filter_are_listed(api: Api) -> None:
    await store(api.state.database, [offer(1, brand="Bosch"), offer(2, brand="Bosch"), offer(3, brand="Ștefan")])
    facets = PRODUCTS.replace("/products/products", "/products/facets")
    answer = await api.viewer.get(f"{facets}/brand", params={"search": "stef", "value": ["Bosch", "Nobody"]})
    assert answer.json()["data"] == {
        "values": [
            {"value": "Bosch", "names": [], "offers": 2},
            {"value": "Nobody", "names": [], "offers": 0},
            {"value": "Ștefan", "names": [], "offers": 1},
        ],
        "has_more": False,
    }
    assert (await api.viewer.get(f"{facets}/name")).status_code == 422
