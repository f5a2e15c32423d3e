"""Writing offers."""

from decimal import Decimal

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


CREATED = {**NEW, "name": "Nou", "min_sale_price": "10.0000", "max_sale_price": "20.0000"}
TAKEN = {"isError": False, "messages": ["The offer was saved"]}


async def light(emag, *entities):
    return await emag.call("offer/save", list(entities))


async def light_refusal(emag, entity):
    """The words by which `offer/save` refuses one offer."""
    verdict = (await light(emag, entity)).results[str(entity["id"])]
    assert verdict["isError"] is True
    return " ".join(verdict["messages"])


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
    assert saved.results == {"5": TAKEN}
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
        saved = await light(emag, {"id": emag_id, "status": 2, "stock": [{"warehouse_id": 1, "value": 9}]})
        assert saved.results == {str(emag_id): TAKEN}
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
    assert (await emag.call("offer/save", b'[{"id": 1, "sale_price": 0.1001}]')).results == {"1": TAKEN}
    assert b'"sale_price":0.1001' in (await emag.call("product_offer/read")).body


async def test_a_row_that_was_made_unreadable_can_be_saved_again(sandbox):
    odd = {"id": 1, "sale_price": "n/a", "min_sale_price": "?", "stock": [None, {"value": "x"}, {"value": "2"}]}
    emag = await sandbox(from_rows([odd]))
    saved = await light(emag, {"id": 1, "sale_price": "3.0000", "stock": [{"warehouse_id": 4, "value": 5}]})
    assert saved.results == {"1": TAKEN}
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
        pytest.param({"stock": [{"warehouse_id": 1, "value": "9" * 5000}]}, "65535", id="stock of 5000 digits"),
        pytest.param({"stock": [{"warehouse_id": "9" * 5000, "value": 1}]}, "stock", id="warehouse of 5000 digits"),
        pytest.param({"sale_price": "1_000"}, "sale_price", id="a price in digits"),
        pytest.param({"stock": 5}, "stock", id="stock is no list"),
        pytest.param({"stock": [5]}, "stock", id="stock entry is no object"),
        pytest.param({"handling_time": [{"warehouse_id": 1, "value": 256}]}, "255", id="too long a handling time"),
        pytest.param({"status": 3}, "status", id="no such status"),
        pytest.param({"vat_id": 99}, "vat_id", id="no such vat rate"),
        pytest.param({"currency_type": "USD"}, "currency_type", id="no such currency"),
        pytest.param({"stock": [{"value": 1}]}, "warehouse_id", id="stock without a warehouse"),
        pytest.param({"name": "x"}, "name", id="not a light key"),
        pytest.param({"id": 21}, "does not exist", id="no such offer"),
    ],
)
async def test_one_bad_value_refuses_its_offer_and_no_other(sandbox, values, message):
    emag = await sandbox(20)
    before = {emag_id: emag.main.row(emag_id) for emag_id in range(1, 21)}
    bad = {"id": 2, **values}
    answer = await light(emag, {"id": 4, "handling_time": [{"warehouse_id": 1, "value": 99}]}, bad)
    assert answer.status == 200
    assert answer.results.keys() == {"4", str(bad["id"])}
    assert answer.results["4"] == TAKEN
    refused = answer.results[str(bad["id"])]
    assert refused["isError"] is True
    assert message in refused["messages"][0]
    assert {n for n in before if emag.main.row(n) != before[n]} == {4}


@pytest.mark.parametrize("emag_id", ["x", None, 0, 16_777_216, True, pytest.param("9" * 5000, id="5000 digits")])
async def test_an_offer_without_an_id_refuses_the_whole_call(sandbox, emag_id):
    emag = await sandbox(20)
    version = emag.main.version
    assert "id" in (await light(emag, {"id": 4, "status": 2}, {"id": emag_id, "status": 2})).refusal
    assert emag.main.version == version


async def test_a_recommended_price_above_the_price_is_taken(sandbox):
    emag = await sandbox(20)
    entity = {"id": 5, "recommended_price": "99999.0000", "currency_type": "EUR"}
    assert (await light(emag, entity)).results == {"5": TAKEN}
    assert emag.main.row(5)["recommended_price"] == "99999.0000"


async def test_at_most_50_entities_fit_in_a_save(sandbox):
    emag = await sandbox(60)
    entities = [{"id": emag_id, "status": 2} for emag_id in range(1, 52)]
    assert "50" in (await light(emag, *entities)).refusal
    assert len((await light(emag, *entities[:50])).results) == 50


@pytest.mark.parametrize("save", [light, product])
async def test_more_than_4000_elements_save_nothing(sandbox, save):
    emag = await sandbox(60)
    version = emag.main.version
    refused = await save(emag, {**NEW, "x": list(range(4000))})
    assert refused.refusal == "Maximum input vars of 4000 exceeded"
    assert emag.main.version == version


@pytest.mark.parametrize("body", [{}, {"data": {}}, {"data": []}, {"data": [1]}, {"id": 1, "status": 1}])
async def test_a_product_save_wraps_a_list_in_data(sandbox, body):
    emag = await sandbox(5)
    assert "data" in (await emag.call("product_offer/save", body)).refusal


@pytest.mark.parametrize("body", [{}, [], [1], {"id": 1, "status": 2}, {"data": [{"id": 1, "status": 2}]}])
async def test_a_light_save_takes_the_bare_list_only(sandbox, body):
    """ "`offer/save`, whose body is the bare list; wrapped in `data` it is refused"."""
    emag = await sandbox(5)
    version = emag.main.version
    assert "list of offers" in (await emag.call("offer/save", body)).refusal
    assert emag.main.version == version


async def test_the_bare_list_is_for_light_saves_only(sandbox):
    emag = await sandbox(5)
    assert "object" in (await emag.call("product_offer/save", [CREATED])).refusal


async def test_a_product_save_creates_an_offer(sandbox):
    emag = await sandbox(20)
    entity = {**CREATED, "category_id": 3001, "part_number": "N-1", "brand": "OEM", "ean": ["5941234567899"]}
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
    assert (await product(emag, {**CREATED, "part_number_key": "DNEWKEYBM"})).results == []
    assert (await product(emag, {**CREATED, "id": 901, "ean": "5941234567899"})).results == []
    assert (await emag.read(part_number_key="DNEWKEYBM"))[0]["id"] == 900
    assert (await emag.read(id=901))[0]["validation_status"][0]["value"] == 9


async def test_a_second_offer_for_the_same_product_is_not_saved(sandbox):
    emag = await sandbox(20)
    key = emag.main.row(5)["part_number_key"]
    assert (
        await product(emag, {**CREATED, "part_number_key": key})
    ).refusal == "You already hold a Product associated with this PN"
    twice = await product(emag, {**CREATED, "part_number_key": "DX"}, {**CREATED, "id": 901, "part_number_key": "DX"})
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


async def stock(emag, emag_id, value):
    return await emag.call(f"offer_stock/{emag_id}", {"stock": value}, method="PATCH")


async def test_patching_stock_with_a_number_answers_204_without_a_body(sandbox):
    emag = await sandbox(20)
    answer = await stock(emag, 5, 21)
    assert (answer.status, answer.body) == (204, b"")
    assert emag.main.row(5)["general_stock"] == 21


async def test_patching_the_stock_of_no_offer_answers_404(sandbox):
    emag = await sandbox(20)
    answer = await stock(emag, 21, 3)
    assert (answer.status, answer.json) == (404, {"message": "This offer does not exist"})


@pytest.mark.parametrize("value", [[{"warehouse_id": 1, "value": 3}], -1, 65_536, None, True])
async def test_patching_stock_with_anything_but_a_number_answers_400(sandbox, value):
    emag = await sandbox(20)
    before = emag.main.row(5)
    answer = await stock(emag, 5, value)
    assert answer.status == 400
    assert [error["field"] for error in answer.json["errors"]] == ["stock"]
    assert answer.json["message"]
    assert emag.main.row(5) == before


@pytest.mark.parametrize("body", [[{"warehouse_id": 1, "value": 3}], [], 21, {}])
async def test_patching_stock_with_another_body_answers_400(sandbox, body):
    """ "400 `{"message": ..., "errors": [{"message", "field"}]}`, [seen] by callers who sent a list as failing"."""
    emag = await sandbox(20)
    answer = await emag.call("offer_stock/5", body, method="PATCH")
    assert (answer.status, answer.json.keys()) == (400, {"message", "errors"})


async def test_patching_stock_can_be_made_to_fail_as_some_have_seen_it(sandbox):
    emag = await sandbox(20, offer_stock_works=False)
    assert (await stock(emag, 5, 21)).status == 500


async def test_a_light_save_answers_for_each_offer(sandbox):
    """The contract's example: `isError` false outside does not mean that an offer was taken."""
    emag = await sandbox(20)
    answer = await light(emag, {"id": 5, "status": 0}, {"id": 6, "status": 3}, {"id": 99, "status": 1})
    assert answer.json["isError"] is False
    assert {emag_id: verdict["isError"] for emag_id, verdict in answer.results.items()} == {
        "5": False,
        "6": True,
        "99": True,
    }


async def test_results_come_as_a_list_when_asked_to(sandbox):
    emag = await sandbox(20, save_results="list")
    answer = await light(emag, {"id": 5, "status": 0}, {"id": 6, "status": 3})
    assert [(verdict["id"], verdict["isError"]) for verdict in answer.results] == [(5, False), (6, True)]


STATUS_0 = [{"id": emag_id, "status": "0"} for emag_id in (5, 6, 7)]


async def rule(emag, **values):
    await emag.control("POST", "/save_rules", values)


async def are_off(emag):
    return [int(emag.main.row(emag_id)["status"]) == 0 for emag_id in (5, 6, 7)]


async def all_on(sandbox, **settings):
    """A sandbox whose offers 5, 6 and 7 are active."""
    emag = await sandbox(20, **settings)
    await emag.control("POST", "/offers/change", {"account": "main", "ids": [5, 6, 7], "set": {"status": 1}})
    return emag


@pytest.mark.parametrize("by", ["ids", "part_numbers"])
async def test_chosen_offers_are_refused_in_given_words_while_others_are_saved(sandbox, by):
    emag = await all_on(sandbox)
    await rule(emag, **{by: [6 if by == "ids" else emag.main.row(6)["part_number"]], "messages": ["Stop", "it"]})
    results = (await light(emag, *STATUS_0)).results
    assert results == {"5": TAKEN, "6": {"isError": True, "messages": ["Stop", "it"]}, "7": TAKEN}
    assert await are_off(emag) == [True, False, True]


async def test_a_refusal_by_chance_hits_some_offers(sandbox):
    emag = await sandbox(50)
    await rule(emag, probability=0.3)
    results = (await light(emag, *({"id": emag_id, "status": 0} for emag_id in range(1, 51)))).results
    assert 5 <= sum(verdict["isError"] for verdict in results.values()) <= 25


@pytest.mark.parametrize("applied", [False, True])
async def test_offers_can_be_missing_from_the_answer(sandbox, applied):
    emag = await all_on(sandbox)
    await rule(emag, ids=[6], verdict="missing", applied=applied)
    assert (await light(emag, *STATUS_0)).results.keys() == {"5", "7"}
    assert await are_off(emag) == [True, applied, True]


async def test_a_whole_call_is_refused_without_naming_anybody_while_a_chosen_offer_is_in_it(sandbox):
    emag = await all_on(sandbox)
    await rule(emag, ids=[6], verdict="whole_call", messages=["Invalid data"])
    assert (await light(emag, *STATUS_0)).refusal == "Invalid data"
    assert await are_off(emag) == [False, False, False]
    assert (await light(emag, *(entity for entity in STATUS_0 if entity["id"] != 6))).results.keys() == {"5", "7"}


async def test_a_rule_is_used_up_and_can_be_taken_back(sandbox):
    emag = await all_on(sandbox)
    await rule(emag, ids=[6], times=1)
    assert (await light(emag, *STATUS_0)).results["6"]["isError"]
    assert (await light(emag, *STATUS_0)).results["6"] == TAKEN
    await rule(emag, ids=[6])
    await emag.control("DELETE", "/save_rules")
    assert (await light(emag, *STATUS_0)).results["6"] == TAKEN


async def test_an_answer_can_speak_of_an_offer_that_was_not_sent(sandbox):
    emag = await all_on(sandbox)
    await rule(emag, ids=[6], verdict="taken", as_id=777)
    assert (await light(emag, *STATUS_0)).results.keys() == {"5", "777", "7"}


async def test_a_refused_write_may_come_with_status_400(sandbox):
    emag = await all_on(sandbox, refused_save_status=400)
    await rule(emag, ids=[6], verdict="whole_call")
    assert (await light(emag, *STATUS_0)).status == 400


async def test_an_offer_in_a_campaign_is_refused_until_the_campaign_ends(sandbox):
    """ "While an offer is in a campaign with stock in site, its updates are refused with that reason"."""
    emag = await all_on(sandbox)
    await emag.control("POST", "/offers/join_campaign", {"account": "main", "ids": [6]})
    assert (await emag.control("GET", "/state"))["accounts"]["main"]["in_campaign"] == [6]
    assert "stock in site" in await light_refusal(emag, STATUS_0[1])
    assert "stock in site" in (await product(emag, {**NEW, "id": 6})).refusal
    assert (await stock(emag, 6, 1)).status == 400
    await emag.control("POST", "/offers/leave_campaign", {"account": "main"})
    assert (await light(emag, STATUS_0[1])).results == {"6": TAKEN}


async def test_a_product_save_refuses_part_of_a_list_by_naming_its_offers(sandbox):
    """ "Messages that name `Product id: N` speak of those; the others were saved"."""
    emag = await sandbox(20)
    await rule(emag, ids=[901], route="product_offer/save", messages=["No.", {"field": "ean", "message": "Bad EAN"}])
    entities = [{**CREATED, "id": emag_id, "part_number_key": f"D{emag_id}"} for emag_id in (900, 901, 902)]
    answer = await product(emag, *entities)
    assert answer.json["isError"] is True
    assert answer.json["messages"] == [
        "Product id: 901 - No.",
        {"field": "ean", "message": "Product id: 901 - Bad EAN"},
    ]
    assert [emag_id in emag.main.catalogue for emag_id in (900, 901, 902)] == [True, False, True]


@pytest.mark.parametrize("values", [{"verdict": "odd"}, {"probability": 2}, {"nonsense": 1}, {"account": "nobody"}])
async def test_a_rule_that_makes_no_sense_is_refused(sandbox, values):
    emag = await sandbox(5)
    assert "error" in await emag.control("POST", "/save_rules", values)


async def test_a_list_without_a_warehouse_in_the_row_takes_the_first(sandbox):
    emag = await sandbox(from_rows([{"id": 1, "stock": [{"value": 2}], "general_stock": 2}]))
    await light(emag, {"id": 1, "stock": [{"warehouse_id": 1, "value": 9}]})
    assert emag.main.row(1)["stock"] == [{"value": 9}]


async def test_an_answer_that_names_no_offer_is_an_empty_list_as_php_writes_it(sandbox):
    emag = await all_on(sandbox)
    await rule(emag, verdict="missing")
    assert (await light(emag, *STATUS_0)).results == []
