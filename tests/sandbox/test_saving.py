"""Writing offers."""

from decimal import Decimal

import orjson
import pytest

from emagsync.sandbox.catalogue import from_rows

NEW = {
    "id": 900,
    "status": 1,
    "sale_price": "12.5000",
    "vat_id": 1,
    "handling_time": [{"warehouse_id": 1, "value": 0}],
    "stock": [{"warehouse_id": 1, "value": 5}],
}


async def light(emag, *entities):
    return await emag.call("offer/save", {"data": list(entities)})


async def product(emag, *entities):
    return await emag.call("product_offer/save", {"data": list(entities)})


def price_between(row):
    low, high = (Decimal(str(row[key])) for key in ("min_sale_price", "max_sale_price"))
    return f"{(low + high) / 2:.4f}"


async def test_a_light_save_changes_its_keys_and_nothing_else(sandbox):
    emag = await sandbox(20)
    before = emag.main.row(5)
    price = price_between(before)
    saved = await light(emag, {"id": 5, "sale_price": price, "stock": [{"warehouse_id": 1, "value": 77}]})
    assert saved.results == []
    after = emag.main.row(5)
    changed = {key for key in after if after[key] != before[key]}
    assert changed <= {"sale_price", "stock", "general_stock", "estimated_stock"}
    assert Decimal(str(after["sale_price"])) == Decimal(price)
    assert int(after["general_stock"]) == 77
    assert await emag.read(id=5) == [after]


async def test_every_shape_of_row_can_be_saved_and_keeps_its_shape(sandbox):
    emag = await sandbox(80)
    before = {emag_id: emag.main.row(emag_id) for emag_id in emag.main.ids()}
    for emag_id in emag.main.ids():
        assert (
            await light(emag, {"id": emag_id, "status": 2, "stock": [{"warehouse_id": 1, "value": 9}]})
        ).results == []
    for emag_id, old in before.items():
        new = emag.main.row(emag_id)
        assert int(new["status"]) == 2
        assert isinstance(new["status"], type(old["status"]))
        assert isinstance(new["general_stock"], type(old["general_stock"]))
        assert ("stock" in new) == ("stock" in old)
        if "stock" in new:
            assert sum(int(entry["value"]) for entry in new["stock"]) == int(new["general_stock"])
            assert [set(entry) for entry in new["stock"]] == [set(entry) for entry in old["stock"]]


async def test_a_price_sent_as_a_number_is_exact(sandbox):
    emag = await sandbox(from_rows([{"id": 1, "sale_price": 1.5, "min_sale_price": "0.1000", "max_sale_price": "9"}]))
    body = b'{"data": [{"id": 1, "sale_price": 0.1001}]}'
    assert (await emag.call("offer/save", body)).results == []
    assert b'"sale_price":0.1001' in (await emag.call("product_offer/read")).body


async def test_a_row_that_was_made_unreadable_can_be_saved_again(sandbox):
    odd = {"id": 1, "sale_price": "n/a", "min_sale_price": "?", "stock": [None, {"value": "x"}, {"value": "2"}]}
    emag = await sandbox(from_rows([odd]))
    saved = await light(emag, {"id": 1, "sale_price": "3.0000", "stock": [{"warehouse_id": 4, "value": 5}]})
    assert saved.results == []
    assert emag.main.row(1)["stock"] == [{"value": "2"}, {"warehouse_id": 4, "value": 5}]
    assert emag.main.row(1)["general_stock"] == 7


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param({"sale_price": "0.0001"}, "between", id="below the least price"),
        pytest.param({"sale_price": "9999999"}, "between", id="above the greatest price"),
        pytest.param({"min_sale_price": "9999999"}, "between", id="least price above the price"),
        pytest.param({"max_sale_price": "0.0100"}, "between", id="greatest price below the price"),
        pytest.param({"sale_price": "0"}, "sale_price", id="no price"),
        pytest.param({"sale_price": "1.00001"}, "four decimals", id="five decimals"),
        pytest.param({"sale_price": "abc"}, "sale_price", id="not a price"),
        pytest.param({"sale_price": None}, "sale_price", id="null"),
        pytest.param({"sale_price": "NaN"}, "sale_price", id="not a number"),
        pytest.param({"sale_price": "9" * 40}, "sale_price", id="absurd price"),
        pytest.param({"sale_price": True}, "sale_price", id="true"),
        pytest.param({"recommended_price": "0.5000"}, "greater", id="recommended below the price"),
        pytest.param({"stock": [{"warehouse_id": 1, "value": 65_536}]}, "65535", id="too much stock"),
        pytest.param({"stock": [{"warehouse_id": 1, "value": -1}]}, "65535", id="negative stock"),
        pytest.param({"stock": 5}, "stock", id="stock is no list"),
        pytest.param({"stock": [5]}, "stock", id="stock entry is no object"),
        pytest.param({"handling_time": [{"warehouse_id": 1, "value": 256}]}, "255", id="too long a handling time"),
        pytest.param({"status": 3}, "status", id="no such status"),
        pytest.param({"vat_id": 99}, "vat_id", id="no such vat rate"),
        pytest.param({"currency_type": "USD"}, "currency_type", id="no such currency"),
        pytest.param({"name": "x"}, "name", id="not a light key"),
        pytest.param({"id": 21}, "does not exist", id="no such offer"),
        pytest.param({"id": "x"}, "id", id="no id"),
    ],
)
async def test_one_bad_value_refuses_the_whole_list(sandbox, values, message):
    emag = await sandbox(20)
    before = list(emag.main.rows())
    refused = await light(emag, {"id": 4, "status": 2}, {"id": 2, **values})
    assert refused.status == 200
    assert message in refused.refusal
    assert list(emag.main.rows()) == before


async def test_a_recommended_price_above_the_price_is_taken(sandbox):
    emag = await sandbox(20)
    assert (await light(emag, {"id": 5, "recommended_price": "99999.0000", "currency_type": "EUR"})).results == []
    assert emag.main.row(5)["recommended_price"] == "99999.0000"


async def test_at_most_50_entities_fit_in_a_save(sandbox):
    emag = await sandbox(60)
    entities = [{"id": emag_id, "status": 2} for emag_id in range(1, 52)]
    assert "50" in (await light(emag, *entities)).refusal
    assert (await light(emag, *entities[:50])).results == []


@pytest.mark.parametrize("route", ["offer/save", "product_offer/save"])
async def test_more_than_4000_elements_save_nothing(sandbox, route):
    emag = await sandbox(60)
    version = emag.main.version
    refused = await emag.call(route, {"data": [{**NEW, "x": list(range(4000))}]})
    assert refused.refusal == "Maximum input vars of 4000 exceeded"
    assert emag.main.version == version


@pytest.mark.parametrize("body", [{}, {"data": {}}, {"data": []}, {"data": [1]}, {"id": 1, "status": 1}])
async def test_a_save_wraps_a_list_in_data(sandbox, body):
    emag = await sandbox(5)
    assert "data" in (await emag.call("offer/save", body)).refusal


async def test_a_product_save_creates_an_offer(sandbox):
    emag = await sandbox(20)
    entity = {**NEW, "category_id": 3001, "name": "Nou", "part_number": "N-1", "brand": "OEM", "ean": ["5941234567899"]}
    assert (await product(emag, entity)).results == []
    [row] = await emag.read(id=900)
    assert (row["name"], row["sale_price"], row["ean"], row["general_stock"]) == (
        "Nou",
        "12.5000",
        ["5941234567899"],
        5,
    )
    assert row["part_number_key"] is None
    assert (await emag.count())["noOfItems"] == "21"


async def test_an_offer_attaches_to_a_catalogue_product(sandbox):
    emag = await sandbox(20)
    assert (await product(emag, {**NEW, "part_number_key": "DNEWKEYBM"})).results == []
    assert (await product(emag, {**NEW, "id": 901, "ean": "5941234567899"})).results == []
    assert (await emag.read(part_number_key="DNEWKEYBM"))[0]["id"] == 900
    assert (await emag.read(id=901))[0]["validation_status"][0]["value"] == 9


async def test_a_second_offer_for_the_same_product_is_not_saved(sandbox):
    emag = await sandbox(20)
    key = emag.main.row(5)["part_number_key"]
    assert (
        await product(emag, {**NEW, "part_number_key": key})
    ).refusal == "You already hold a Product associated with this PN"
    twice = await product(emag, {**NEW, "part_number_key": "DX"}, {**NEW, "id": 901, "part_number_key": "DX"})
    assert "already hold" in twice.refusal
    assert await emag.read(id=900) == []


async def test_a_product_save_updates_an_offer_that_exists(sandbox):
    emag = await sandbox(20)
    before = emag.main.row(5)
    update = {**NEW, "id": 5, "sale_price": price_between(before), "status": 0}
    assert (await product(emag, update)).results == []
    after = emag.main.row(5)
    assert (after["name"], after["part_number_key"]) == (before["name"], before["part_number_key"])
    assert (after["status"], after["general_stock"]) == (0, 5)


@pytest.mark.parametrize("key", ["status", "sale_price", "vat_id", "handling_time", "stock"])
async def test_a_product_save_needs_the_whole_offer(sandbox, key):
    emag = await sandbox(20)
    entity = {name: value for name, value in {**NEW, "id": 2}.items() if name != key}
    assert key in (await product(emag, entity)).refusal


async def test_an_error_about_documentation_still_saves_the_offer(sandbox):
    emag = await sandbox(20, documentation_errors=True)
    saved = await product(emag, {**NEW, "id": 5, "sale_price": price_between(emag.main.row(5))})
    assert saved.status == 200
    assert "ocumentation" in saved.refusal
    assert emag.main.row(5)["general_stock"] == 5


async def test_patching_stock_fails_as_in_production_unless_it_is_made_to_work(sandbox):
    emag = await sandbox(20)
    body = {"stock": [{"warehouse_id": 1, "value": 3}]}
    before = emag.main.row(5)
    failed = await emag.call("offer_stock/5", body, method="PATCH")
    assert failed.status == 500
    assert orjson.loads(failed.body)["isError"] is True
    assert emag.main.row(5) == before
    await emag.control("POST", "/settings", {"offer_stock_works": True})
    assert (await emag.call("offer_stock/5", body, method="PATCH")).results == []
    assert emag.main.row(5)["general_stock"] == 3
