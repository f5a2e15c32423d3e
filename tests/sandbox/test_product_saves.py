"""What `product_offer/save` takes and refuses, each against the contract's sentence."""

from datetime import date, timedelta

import pytest

from emagsync.sandbox.platforms import PLATFORMS

NOON = 1_796_040_000.0  # 2026-11-30 14:00 in Bucharest
TODAY = date(2026, 11, 30)
UPDATE = {
    "id": 5,
    "status": 1,
    "sale_price": "12.5000",
    "vat_id": 1,
    "handling_time": [{"warehouse_id": 1, "value": 0}],
    "stock": [{"warehouse_id": 1, "value": 5}],
}
ATTACHED = {**UPDATE, "id": 900, "name": "Nou", "min_sale_price": "10", "max_sale_price": "20", "ean": "5941234567899"}
NEW = {**ATTACHED, "category_id": 3001, "part_number": "N-1", "brand": "OEM"}
GONE = object()
PRICES = {"sale_price": "12.5000", "min_sale_price": "1.0000", "max_sale_price": "99.0000", "recommended_price": None}


async def opened(sandbox, **settings):
    emag = await sandbox(20, clock=lambda: NOON, **settings)
    await emag.control("POST", "/offers/change", {"account": "main", "ids": [5], "set": PRICES})
    return emag


async def save(emag, *entities):
    return await emag.call("product_offer/save", {"data": list(entities)})


def changed(entity, changes):
    return {key: value for key, value in {**entity, **changes}.items() if value is not GONE}


@pytest.mark.parametrize("entity", [UPDATE, ATTACHED, NEW], ids=["update", "attached", "new"])
async def test_a_whole_offer_is_taken(sandbox, entity):
    emag = await opened(sandbox)
    assert (await save(emag, entity)).results == []
    assert emag.main.row(entity["id"])["general_stock"] == 5


@pytest.mark.parametrize(
    ("entity", "changes", "message"),
    [
        pytest.param(UPDATE, {"vat_id": GONE}, "vat_id", id="update without a VAT rate"),
        pytest.param(UPDATE, {"handling_time": GONE}, "handling_time", id="update without a handling time"),
        pytest.param(UPDATE, {"stock": [{"value": 5}]}, "warehouse_id", id="stock without a warehouse"),
        pytest.param(UPDATE, {"stock": [{"warehouse_id": 1, "value": 65_536}]}, "65535", id="too much stock"),
        pytest.param(UPDATE, {"handling_time": [{"warehouse_id": 1, "value": 256}]}, "255", id="handling time"),
        pytest.param(UPDATE, {"sale_price": "100"}, "between", id="price above the greatest"),
        pytest.param(UPDATE, {"recommended_price": "12.5"}, "greater", id="recommended price not above the price"),
        pytest.param(UPDATE, {"currency_type": "RON"}, "EUR", id="currency type"),
        pytest.param(UPDATE, {"vat_id": 9}, "vat_id", id="VAT rate"),
        pytest.param(UPDATE, {"status": 3}, "status", id="no such status"),
        pytest.param(UPDATE, {"emag_club": 7}, "emag_club", id="emag_club 7"),
        pytest.param(UPDATE, {"warranty": 9999}, "warranty", id="warranty 9999"),
        pytest.param(UPDATE, {"warranty": -1}, "warranty", id="negative warranty"),
        pytest.param(UPDATE, {"warranty": "9" * 5000}, "warranty", id="warranty of 5000 digits"),
        pytest.param(UPDATE, {"green_tax": "much"}, "green_tax", id="green_tax is a price"),
        pytest.param(UPDATE, {"images": "https://x.example/1.jpg"}, "images", id="images is a list"),
        pytest.param(UPDATE, {"images": ["https://x.example/1.jpg"]}, "images", id="images is a list of objects"),
        pytest.param(UPDATE, {"images": [{"url": "x", "display_type": 3}]}, "display_type", id="display_type 0, 1, 2"),
        pytest.param(UPDATE, {"characteristics": {"id": 1}}, "characteristics", id="characteristics is a list"),
        pytest.param(UPDATE, {"name": ["x"]}, "name", id="name is a text"),
        pytest.param(UPDATE, {"category_id": "lamps"}, "category_id", id="category_id is a number"),
        pytest.param(UPDATE, {"sale_price": "1_2"}, "sale_price", id="a price in digits"),
        pytest.param(UPDATE, {"start_date": "2026-11-30"}, "start_date", id="start today"),
        pytest.param(UPDATE, {"start_date": "2020-01-01"}, "start_date", id="past start"),
        pytest.param(UPDATE, {"start_date": "2027-03-01"}, "start_date", id="start in more than 60 days"),
        pytest.param(UPDATE, {"start_date": "soon"}, "start_date", id="no start date"),
        pytest.param(UPDATE, {"start_date": "2026-12-05", "sale_price": "100"}, "between", id="future price too high"),
        pytest.param(ATTACHED, {"min_sale_price": GONE}, "min_sale_price", id="attached without a least price"),
        pytest.param(ATTACHED, {"max_sale_price": GONE}, "max_sale_price", id="attached without a greatest price"),
        pytest.param(ATTACHED, {"name": GONE}, "name", id="attached without a name"),
        pytest.param(ATTACHED, {"part_number_key": "DX1"}, "not both", id="PNK and EAN together"),
        pytest.param(ATTACHED, {"ean": ["5941234567899", "5941234567882"]}, "one EAN", id="attached by two EANs"),
        pytest.param(ATTACHED, {"ean": "abc"}, "ean", id="not an EAN"),
        pytest.param(ATTACHED, {"status": 2}, "status", id="created at end of life"),
        pytest.param(NEW, {"min_sale_price": GONE}, "min_sale_price", id="new without a least price"),
        pytest.param(NEW, {"name": GONE}, "name", id="new without a name"),
        pytest.param(NEW, {"category_id": GONE}, "category_id", id="new without a category"),
        pytest.param(NEW, {"part_number_key": "DX1"}, "not both", id="new with PNK and EAN"),
        pytest.param(NEW, {"status": 2}, "status", id="new at end of life"),
    ],
)
async def test_what_emag_refuses_is_refused_by_name_and_not_stored(sandbox, entity, changes, message):
    emag = await opened(sandbox)
    before = list(emag.main.rows())
    sent = changed(entity, changes)
    refusal = (await save(emag, sent)).refusal
    assert refusal.startswith(f"Product id: {sent['id']} ")
    assert message in refusal
    assert list(emag.main.rows()) == before


async def test_green_tax_is_for_romania_only(sandbox):
    emag = await opened(sandbox)
    assert (await save(emag, {**UPDATE, "green_tax": "1.0000"})).results == []
    emag.main.platform = PLATFORMS["emag-hu"]
    assert "green_tax" in (await save(emag, {**UPDATE, "green_tax": "1.0000"})).refusal


async def test_min_and_max_price_are_wanted_the_first_time_only(sandbox):
    emag = await opened(sandbox)
    assert (await save(emag, NEW)).results == []
    assert (await save(emag, {**UPDATE, "id": 900, "sale_price": "13"})).results == []
    assert emag.main.row(900)["sale_price"] == "13.0000"


async def test_emag_club_is_1_when_left_out_on_creation(sandbox):
    emag = await opened(sandbox)
    await save(emag, NEW, {**ATTACHED, "id": 901, "emag_club": 0, "part_number_key": "DX1", "ean": None})
    assert [emag.main.row(emag_id)["offer_details"]["emag_club"] for emag_id in (900, 901)] == [1, 0]


async def test_unknown_keys_are_not_stored(sandbox):
    emag = await opened(sandbox)
    await save(emag, {**UPDATE, "nonsense": 7, "validation_status": 9, "currency": "XXX"})
    row = emag.main.row(5)
    assert "nonsense" not in row
    assert row["currency"] == "RON"


@pytest.mark.parametrize("days", [1, 60])
async def test_a_start_date_schedules_the_price_and_changes_nothing_before_it(sandbox, days):
    now = [NOON]
    emag = await sandbox(20, clock=lambda: now[0])
    await emag.control("POST", "/offers/change", {"account": "main", "ids": [5], "set": PRICES | {"warranty": 12}})
    before = emag.main.row(5)
    start = (TODAY + timedelta(days=days)).isoformat()
    later = {**UPDATE, "sale_price": "14", "warranty": 24, "start_date": start}
    assert (await save(emag, later)).results == []
    assert emag.main.row(5) == before | {"start_date": start}
    now[0] += days * 86_400
    [row] = await emag.read(id=5)
    assert (row["sale_price"], row["warranty"], row["general_stock"], row["start_date"]) == ("14.0000", 24, 5, None)


async def test_what_is_scheduled_can_be_made_to_begin_now(sandbox):
    emag = await opened(sandbox)
    await save(emag, {**UPDATE, "sale_price": "14", "start_date": "2026-12-24"})
    await emag.control("POST", "/offers/start_scheduled", {"account": "main"})
    assert emag.main.row(5)["sale_price"] == "14.0000"


async def test_a_price_for_now_and_a_future_one_do_not_go_in_one_request(sandbox):
    emag = await opened(sandbox)
    refused = await save(emag, UPDATE, {**UPDATE, "sale_price": "14", "start_date": "2026-12-24"})
    assert "future start_date" in refused.refusal
    assert emag.main.row(5)["sale_price"] == "12.5000"


async def test_offers_kept_in_another_currency_are_repriced_on_demand(sandbox):
    """ "eMAG then recalculates its local price at the start of every month"."""
    emag = await opened(sandbox)
    for emag_id, kept in ((5, "EUR"), (6, "PLN")):
        values = {"account": "main", "ids": [emag_id], "set": PRICES | {"currency_type": kept}}
        await emag.control("POST", "/offers/change", values)
    before = emag.main.row(6)
    repriced = await emag.control("POST", "/offers/reprice", {"account": "main", "factor": "1.02"})
    assert repriced["ids"] == [5]
    row = emag.main.row(5)
    assert [row[key] for key in ("sale_price", "min_sale_price", "max_sale_price", "recommended_price")] == [
        *("12.7500", "1.0200", "100.9800"),
        None,
    ]
    assert (row["currency"], emag.main.row(6)) == ("RON", before)
    assert "error" in await emag.control("POST", "/offers/reprice", {"account": "main", "factor": "much"})
