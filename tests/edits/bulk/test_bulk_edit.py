"""Editing many products: a list or a file, previewed row by row, applied exactly as previewed, all or nothing."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from support.editing import PRODUCTS, Editing
from support.workbooks import workbook

pytestmark = pytest.mark.databases("both", often="sqlite")

BULK = f"{PRODUCTS}/bulk-edit"


async def bulk(editing: Editing, *edits: dict[str, Any], **options: Any) -> httpx2.Response:
    return await editing.api.operator.post(BULK, json={"account_type": "main", "edits": list(edits), **options})


async def upload(editing: Editing, content: bytes | str, **fields: str) -> httpx2.Response:
    data = content.encode() if isinstance(content, str) else content
    return await editing.api.operator.post(
        BULK, files={"file": ("edits.csv", data)}, data={"account_type": "main", **fields}
    )


def effects(answer: httpx2.Response) -> list[str]:
    return [row["effect"] for row in answer.json()["data"]["rows"]]


async def test_a_list_is_kept_as_a_whole(editing: Editing) -> None:
    answer = await bulk(editing, {"emag_id": 1, "stock": 4}, {"emag_id": 2, "sale_price": "110.5"})
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert (data["applied"], data["kept"]) == (True, 2)
    assert len(await editing.edits(batch_id=data["batch_id"])) == 2


async def test_one_bad_row_keeps_the_others_out_unless_they_may_go_on(editing: Editing) -> None:
    rows = ({"emag_id": 1, "stock": 4}, {"emag_id": 999_999, "stock": 4}, {"emag_id": 2, "sale_price": "1"})
    refused = await bulk(editing, *rows, confirm=True)
    assert (refused.status_code, refused.json()["code"]) == (422, "edit_refused")
    assert effects(refused) == ["ok", "error", "error"]
    assert await editing.edits() == []
    kept = await bulk(editing, *rows, confirm=True, skip_invalid=True)
    assert kept.json()["data"]["kept"] == 1
    assert await editing.every_edit() == [("stock", "4", "open")]


async def test_a_csv_with_a_price_drop_of_60_percent_needs_a_confirmation(editing: Editing) -> None:
    table = "emag_id;sale_price\n1;40\n2;105,50\n"
    preview = await upload(editing, table)
    assert preview.status_code == 200, preview.text
    assert effects(preview) == ["needs_confirmation", "ok"]
    assert preview.json()["data"]["rows"][0]["doubts"][0]["code"] == "implausible_change"
    assert await editing.edits() == []
    refused = await upload(editing, table, preview="false")
    assert (refused.status_code, refused.json()["code"]) == (422, "confirmation_needed")
    assert await editing.edits() == []
    kept = await upload(editing, table, preview="false", confirm="true")
    assert kept.json()["data"]["kept"] == 2


async def test_a_preview_shows_every_row_and_its_token_applies_exactly_that(editing: Editing) -> None:
    table = "emag_id,stock,handling_time\n1,3,\n2,10,2\n3,,9\nx,1,1\n"
    preview = (await upload(editing, table)).json()["data"]
    assert [row["row"] for row in preview["rows"]] == [2, 3, 4, 5]
    assert [row["effect"] for row in preview["rows"]] == ["ok", "unchanged", "ok", "error"]
    assert preview["counts"] == {"ok": 2, "unchanged": 1, "needs_confirmation": 0, "error": 1}
    assert preview["rows"][0]["changes"] == [
        {"field": "stock", "warehouse_id": 1, "kind": "absolute", "old": "10", "new": "3"}
    ]
    options = {"preview": "false", "skip_invalid": "true", "token": preview["token"]}
    applied = await upload(editing, table, **options)
    assert applied.json()["data"]["kept"] == 2
    again = await upload(editing, table, **options)
    assert (again.status_code, again.json()["code"]) == (409, "preview_outdated")


async def test_a_preview_is_outdated_once_emag_changed_an_offer_of_it(editing: Editing) -> None:
    table = "emag_id,stock\n1,3\n"
    token = (await upload(editing, table)).json()["data"]["token"]
    editing.on_emag(1, stock=6)
    await editing.sync()
    answer = await upload(editing, table, preview="false", token=token)
    assert answer.status_code == 409
    assert await editing.edits() == []


async def test_an_xlsx_file_in_romanian_is_understood(editing: Editing) -> None:
    content = workbook(["ID eMAG", "Preț", "Stoc"], [1, 101.37, 4], [2.0, "110,5", None])
    answer = await upload(editing, content, preview="false")
    assert answer.status_code == 200, answer.text
    assert sorted(await editing.every_edit()) == [
        ("sale_price", "101.3700", "open"),
        ("sale_price", "110.5000", "open"),
        ("stock", "4", "open"),
    ]


async def test_files_as_spreadsheets_write_them_are_understood(editing: Editing) -> None:
    skus = {emag_id: (await editing.product(emag_id))["sku"] for emag_id in (1, 2, 3, 4)}
    files = [
        f"SKU;Preț\n{skus[1]};105,5\n".encode("utf-8-sig"),
        f"SKU\tPreț\n{skus[2]}\t105.5\n".encode("utf-16"),
        f"SKU;Pre\u0163\r\n{skus[3]};105,5\r\n".encode("cp1250"),
        f'part_number,sale_price\n"{skus[4]}","105.5"\n'.encode(),
    ]
    for emag_id, content in enumerate(files, start=1):
        answer = await upload(editing, content, preview="false")
        assert answer.status_code == 200, answer.text
        assert await editing.every_edit(emag_id=emag_id) == [("sale_price", "105.5000", "open")]


async def test_a_part_number_of_several_offers_must_be_named_by_id(editing: Editing) -> None:
    editing.market.change("change", ids=[1, 2], set={"part_number": "TWIN"})
    await editing.sync()
    answer = await bulk(editing, {"sku": "TWIN", "stock": 1}, {"sku": "NOBODY", "stock": 1}, preview=True)
    codes = [row["errors"][0]["code"] for row in answer.json()["data"]["rows"]]
    assert codes == ["part_number_repeats", "offer_not_found"]


async def test_rows_of_one_offer_must_be_of_different_warehouses(editing: Editing) -> None:
    two = [{"warehouse_id": 1, "value": 10}, {"warehouse_id": 2, "value": 5}]
    editing.market.change("change", ids=[1], set={"stock": two, "general_stock": 15})
    await editing.sync()
    answer = await upload(editing, "emag_id,warehouse_id,stock\n1,1,7\n1,2,8\n2,,1\n2,,2\n")
    first, second, third = answer.json()["data"]["rows"]
    assert [(change["warehouse_id"], change["new"]) for change in first["changes"]] == [(1, "7"), (2, "8")]
    assert (second["effect"], third["errors"][0]["code"]) == ("ok", "offer_repeated")


async def test_a_file_that_is_no_table_says_what_to_change(editing: Editing) -> None:
    for content, told in (
        (b"", "empty"),
        (b"emag_id,stock\n", "no rows"),
        (b"emag_id,colour\n1,red\n", "colour"),
        (b"name,stock\nx,1\n", "No column names the offers"),
        (b"emag_id,stock,stoc\n1,1,2\n", "twice"),
        (b"stock\n1\n", "emag_id"),
        (b"emag_id\n1\n", "No column holds values"),
        (b"PK\x03\x04 not really", "XLSX"),
        (b"\x00\x01\x02", "neither"),
        (b"emag_id,stock\n" + b"1,1\n" * 10_001, "more than 10000 rows"),
    ):
        answer = await upload(editing, content)
        assert (answer.status_code, answer.json()["code"]) == (422, "file_unreadable"), told
        assert told in answer.json()["detail"]


async def test_other_bodies_are_refused_and_nobody_else_may_edit(editing: Editing) -> None:
    plain = await editing.api.operator.post(BULK, content=b"x", headers={"Content-Type": "text/plain"})
    assert plain.status_code == 415
    assert (await editing.api.operator.post(BULK, content=b"{", headers={"Content-Type": "application/json"})).json()[
        "code"
    ] == "invalid_request"
    assert (await bulk(editing)).status_code == 422
    assert (await editing.api.viewer.post(BULK, json={"edits": [{"emag_id": 1, "stock": 1}]})).status_code == 403
