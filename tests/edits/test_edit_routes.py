"""Editing one product: kept beside what eMAG said, checked, and never over somebody else's edit unseen."""

from __future__ import annotations

import asyncio

import pytest

from emagsync.offers.product_schemas import ProductPage
from support.editing import EMAG, PRODUCTS, Editing

pytestmark = pytest.mark.databases("both", often="sqlite")


async def test_an_edit_is_shown_beside_what_emag_has(editing: Editing) -> None:
    before = await editing.product(1)
    assert (before["sync_status"], before["pending_edits"], before["effective"]) == ("synced", [], None)
    data = await editing.edit(1, sale_price="120.5", stock=7)
    assert data["changes"] == [
        {"field": "sale_price", "warehouse_id": None, "kind": "absolute", "old": "100.0000", "new": "120.5000"},
        {"field": "stock", "warehouse_id": 1, "kind": "absolute", "old": "10", "new": "7"},
    ]
    product = await editing.product(1)
    assert (product["price"], product["stock_quantity"]) == ("100.0000", 10)
    assert (product["effective"]["price"], product["effective"]["stock_quantity"]) == ("120.5000", 7)
    assert product["sync_status"] == "pending"
    assert product["version"] == data["version"] != before["version"]
    price, stock = product["pending_edits"]
    assert price | {"id": 0, "at": ""} == {
        "id": 0,
        "field": "sale_price",
        "warehouse_id": None,
        "base": "100.0000",
        "value": "120.5000",
        "kind": "absolute",
        "state": "open",
        "by": "token:a operator",
        "at": "",
    }
    assert (stock["warehouse_id"], stock["base"], stock["value"]) == (1, "10", "7")


async def test_lists_show_what_waits_too(editing: Editing) -> None:
    await editing.edit(2, handling_time=5)
    answer = await editing.api.viewer.get(PRODUCTS, params={"account_type": "main"})
    shown = {product["emag_id"]: product for product in answer.json()["data"]["products"]}
    assert shown[2]["sync_status"] == "pending"
    assert shown[2]["effective"]["handling_time"] == 5
    assert shown[3]["sync_status"] == "synced"
    assert shown[2]["version"] == (await editing.product(2))["version"]


async def test_a_list_with_what_waits_is_written_as_its_schema_says(editing: Editing) -> None:
    await editing.edit(2, handling_time=5, sale_price="120.5")
    answer = await editing.api.viewer.get(PRODUCTS, params={"account_type": "main"})
    read = ProductPage.model_validate_json(answer.content, strict=True)
    assert any(product.effective for product in read.data.products)
    assert read.model_dump(mode="json") == answer.json()


async def test_of_two_editors_the_slower_one_gets_412(editing: Editing) -> None:
    seen = (await editing.product(1))["etag"]
    first = await editing.patch(1, seen, sale_price="130")
    assert first.status_code == 200
    second = await editing.patch(1, seen, sale_price="140")
    assert second.status_code == 412
    problem = second.json()
    assert problem["code"] == "version_changed"
    assert problem["version"] == (await editing.product(1))["version"]
    assert await editing.every_edit() == [("sale_price", "130.0000", "open")]
    again = await editing.patch(1, f'"{problem["version"]}"', sale_price="140")
    assert again.status_code == 200


async def test_of_two_editors_at_the_same_moment_one_gets_412(editing: Editing) -> None:
    """Also where they edit different fields, which no constraint of the database would stop."""
    for emag_id in (1, 2, 3):
        seen = (await editing.product(emag_id))["etag"]
        first, second = await asyncio.gather(
            editing.patch(emag_id, seen, stock=1), editing.patch(emag_id, seen, handling_time=9)
        )
        assert sorted([first.status_code, second.status_code]) == [200, 412]
        assert len(await editing.edits(emag_id=emag_id)) == 1


async def test_an_editor_who_saw_the_offer_before_emag_changed_it_gets_412(editing: Editing) -> None:
    seen = (await editing.product(1))["etag"]
    editing.on_emag(1, stock=3)
    await editing.sync()
    assert (await editing.patch(1, seen, stock=9)).status_code == 412
    assert (await editing.patch(1, (await editing.product(1))["etag"], stock=9)).status_code == 200


async def test_what_emag_would_refuse_is_refused_with_every_field(editing: Editing) -> None:
    answer = await editing.patch(1, sale_price="5", stock=70_000 - 1, vat_id=0)
    assert answer.status_code == 422, answer.text
    answer = await editing.patch(1, sale_price="5", max_sale_price="4", confirm=True)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "edit_refused"
    assert {error["code"] for error in problem["errors"]} == {"min_above_max", "below_min_price", "above_max_price"}
    assert await editing.edits() == []


async def test_a_slip_needs_a_confirmation(editing: Editing) -> None:
    for price, code in (("40", "implausible_change"), ("121", "vat_slip")):
        answer = await editing.patch(1, sale_price=price)
        assert (answer.status_code, answer.json()["code"]) == (422, "confirmation_needed")
        assert [error["code"] for error in answer.json()["errors"]] == [code]
    assert await editing.edits() == []
    assert (await editing.patch(1, sale_price="40", confirm=True)).status_code == 200
    (edit,) = await editing.edits()
    assert edit["confirmed"] is True


async def test_a_number_is_as_good_as_text_and_nothing_is_rounded(editing: Editing) -> None:
    answer = await editing.patch(1, sale_price=101.37)
    assert answer.json()["data"]["changes"][0]["new"] == "101.3700"
    answer = await editing.patch(1, sale_price=101.37001)
    assert answer.json()["errors"][0]["code"] == "too_many_decimals"


async def test_a_second_edit_replaces_the_first_and_leaves_a_record(editing: Editing) -> None:
    await editing.edit(1, sale_price="120")
    await editing.edit(1, sale_price="130")
    assert await editing.every_edit() == [("sale_price", "120.0000", "replaced"), ("sale_price", "130.0000", "open")]
    (edit,) = await editing.edits()
    assert edit["base"] == "100.0000"


async def test_an_edit_back_to_what_emag_has_takes_the_first_one_back(editing: Editing) -> None:
    await editing.edit(1, sale_price="120")
    data = await editing.edit(1, sale_price="100")
    assert [(change["old"], change["new"]) for change in data["changes"]] == [("120.0000", "100.0000")]
    assert await editing.every_edit() == [("sale_price", "120.0000", "replaced")]
    assert (await editing.product(1))["sync_status"] == "synced"


async def test_the_same_edit_twice_is_one_edit(editing: Editing) -> None:
    first = await editing.edit(1, stock=3)
    second = await editing.edit(1, stock=3)
    assert second["changes"] == []
    assert second["version"] == first["version"]
    assert await editing.every_edit() == [("stock", "3", "open")]


async def test_differences_of_stock_add_up(editing: Editing) -> None:
    await editing.edit(1, stock_change=-4)
    data = await editing.edit(1, stock_change=-9)
    assert data["effective"]["stock_quantity"] == 0
    assert await editing.every_edit() == [("stock", "-4", "replaced"), ("stock", "-13", "open")]


async def test_an_edit_can_be_withdrawn_once(editing: Editing) -> None:
    await editing.edit(1, stock=3)
    (edit,) = await editing.edits()
    address = f"{EMAG}/edits/{edit['id']}"
    assert (await editing.api.viewer.delete(address)).status_code == 403
    assert (await editing.api.operator.delete(address)).status_code == 204
    assert (await editing.api.operator.delete(address)).json()["code"] == "edit_over"
    assert (await editing.api.operator.delete(f"{EMAG}/edits/999999")).status_code == 404
    assert await editing.every_edit() == [("stock", "3", "withdrawn")]
    assert (await editing.product(1))["effective"] is None


async def test_only_operators_edit_and_every_edit_is_in_the_audit_log(editing: Editing) -> None:
    product = await editing.product(1)
    address = f"{PRODUCTS}/{product['id']}"
    assert (await editing.api.viewer.patch(address, json={"stock": 3})).status_code == 403
    assert (await editing.api.stranger.patch(address, json={"stock": 3})).status_code == 401
    await editing.edit(1, stock=3)
    answer = await editing.api.admin.get("/api/v1/audit", params={"limit": 5})
    assert [entry["action"] for entry in answer.json()["entries"]][:1] == ["offer.edit"]


async def test_a_product_that_is_not_there_is_404_and_an_empty_edit_is_422(editing: Editing) -> None:
    answer = await editing.api.operator.patch(f"{PRODUCTS}/999999", json={"stock": 3})
    assert (answer.status_code, answer.json()["code"]) == (404, "product_not_found")
    assert (await editing.patch(1)).status_code == 422
    assert (await editing.patch(1, colour="red")).status_code == 422


async def test_edits_are_listed_by_page_and_filter(editing: Editing) -> None:
    for emag_id in (1, 2, 3):
        await editing.edit(emag_id, stock=3, handling_time=1)
    first = (await editing.api.viewer.get(f"{EMAG}/edits", params={"limit": 4})).json()
    assert len(first["edits"]) == 4
    rest = (await editing.api.viewer.get(f"{EMAG}/edits", params={"cursor": first["next_cursor"]})).json()
    assert rest["next_cursor"] is None
    assert len({edit["id"] for edit in first["edits"] + rest["edits"]}) == 6
    assert [edit["emag_id"] for edit in await editing.edits(emag_id=2, field="stock")] == [2]
