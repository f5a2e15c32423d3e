"""Files of edits over the API: which offer a part number means, what is hidden, and what is refused."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from openpyxl import Workbook

from support.editing import PRODUCTS, Editing
from support.workbooks import raw_workbook, saved

BULK = f"{PRODUCTS}/bulk-edit"


async def upload(editing: Editing, content: bytes | str, **fields: str) -> httpx2.Response:
    data = content.encode() if isinstance(content, str) else content
    return await editing.api.operator.post(
        BULK, files={"file": ("edits.xlsx", data)}, data={"account_type": "main", **fields}
    )


def numbers(*part_numbers: Any, code: str = "General") -> bytes:
    """A file that gives each of these part numbers a stock of 3."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["SKU", "Stoc"])
    for number, part_number in enumerate(part_numbers, start=2):
        sheet.append([part_number, 3])
        sheet.cell(number, 1).number_format = code
    return saved(book)


async def named(editing: Editing, **part_numbers: str) -> None:
    """Give offers 1, 2, ... these part numbers: `_1="00123"`."""
    for name, part_number in part_numbers.items():
        editing.on_emag(int(name[1:]), part_number=part_number)
    await editing.sync()


def outcome(answer: httpx2.Response) -> list[tuple[int | None, list[str]]]:
    assert answer.status_code == 200, answer.text
    return [(row["emag_id"], [one["code"] for one in row["errors"]]) for row in answer.json()["data"]["rows"]]


@pytest.mark.often(first=1)
@pytest.mark.databases("both")
async def test_a_number_whose_zeros_or_exponent_another_offer_has_is_refused(editing: Editing) -> None:
    await named(editing, _1="00123", _2="123", _3="1E5", _4="100000", _5="0077")
    for content in (
        numbers(123, 100000),
        numbers(123, 100000, code="@"),
        b"SKU;Stoc\n123;3\n100000;3\n",
        b"SKU;Stoc\n123;3\n1E5;3\n",
    ):
        answer = outcome(await upload(editing, content))
        assert answer == [(None, ["part_number_ambiguous"])] * 2
    # Not those of texts, which nobody has turned into numbers.
    assert outcome(await upload(editing, numbers("123", "00123", "1E5"))) == [(2, []), (1, []), (3, [])]
    assert outcome(await upload(editing, b"SKU;Stoc\n00123;3\n")) == [(1, [])]
    # Nor is another offer taken for the one whose zeros are lost.
    assert outcome(await upload(editing, numbers(77))) == [(None, ["part_number_ambiguous"])]
    assert outcome(await upload(editing, numbers(77, code="0000"))) == [(5, [])]


async def test_a_number_is_the_part_number_that_its_cell_shows(editing: Editing) -> None:
    await named(editing, _1="00456", _2="123")
    answer = await upload(editing, numbers(456, code="00000"), preview="false")
    assert answer.json()["data"]["kept"] == 1
    assert await editing.every_edit(emag_id=1) == [("stock", "3", "open")]


async def test_a_part_number_beside_an_id_has_to_be_that_offer_s(editing: Editing) -> None:
    await named(editing, _1="00123", _2="B")
    answer = await upload(editing, "emag_id;SKU;stock\n1;123;4\n2;B;4\n3;B;4\n")
    assert outcome(answer) == [(1, []), (2, []), (3, ["part_number_differs"])]


async def test_what_is_wrong_with_a_row_is_told_where_its_offer_is_not_known_too(editing: Editing) -> None:
    answer = await upload(editing, "emag_id,stock\n999999,4,7\nx,4\n")
    assert outcome(answer) == [
        (999999, ["no_heading", "offer_not_found"]),
        (None, ["not_a_whole_number", "no_offer_named"]),
    ]


def hiding() -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (["emag_id", "stock"], [1, 4], [2, 5], [3, 10]):
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True
    # Its stock is 10 already.
    sheet.row_dimensions[4].hidden = True
    return saved(book)


async def test_hidden_rows_change_nothing_without_a_yes_of_their_own(editing: Editing) -> None:
    preview = (await upload(editing, hiding())).json()["data"]
    assert [row["effect"] for row in preview["rows"]] == ["ok", "needs_confirmation", "unchanged"]
    assert [one["code"] for one in preview["rows"][1]["doubts"]] == ["hidden_row"]
    assert (
        preview["file"] | {"hidden_rows": 2, "hidden_columns": [], "sheet": "Sheet", "other_sheets": []}
        == preview["file"]
    )
    for fields in ({}, {"confirm": "true"}):
        refused = await upload(editing, hiding(), preview="false", **fields)
        assert (refused.status_code, refused.json()["code"]) == (422, "confirmation_needed")
        assert refused.json()["data"]["file"]["hidden_rows"] == 2
    assert await editing.edits() == []
    token = preview["token"]
    kept = await upload(editing, hiding(), preview="false", include_hidden="true", token=token)
    assert kept.json()["data"]["kept"] == 2


async def test_hidden_rows_can_be_left_out(editing: Editing) -> None:
    kept = await upload(editing, hiding(), preview="false", skip_invalid="true")
    assert kept.json()["data"]["kept"] == 1
    assert await editing.edits(emag_id=2) == []


async def test_a_price_that_shows_another_number_needs_a_confirmation(editing: Editing) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["emag_id", "Preț"])
    sheet.append([1, 100.1234])
    sheet["B2"].number_format = "0.00"
    preview = (await upload(editing, saved(book))).json()["data"]["rows"]
    assert [(row["effect"], row["doubts"][0]["code"]) for row in preview] == [
        ("needs_confirmation", "shown_differently")
    ]
    kept = await upload(editing, saved(book), preview="false", confirm="true")
    assert kept.json()["data"]["kept"] == 1
    assert await editing.every_edit() == [("sale_price", "100.1234", "open")]


async def test_a_refused_file_says_why_for_people_and_programs(editing: Editing) -> None:
    answer = await upload(editing, raw_workbook({"A": '<sheetData><row r="4000000000"/></sheetData>'}))
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["reason"]) == (422, "file_unreadable", "bad_position")
    assert problem["values"] == {"place": "4000000000"}
    assert "4000000000" in problem["detail"]


@pytest.mark.databases("both")
async def test_an_offer_is_named_by_its_pnk_or_an_ean_and_what_is_ambiguous_names_the_matches(editing: Editing) -> None:
    editing.on_emag(1, part_number_key="D5XB1BBM", ean=["5941234567899", "5941234567890"])
    editing.on_emag(2, part_number_key="DTWICE", ean=["5940000000001"])
    editing.on_emag(3, part_number_key="DTWICE", ean=["5940000000001"])
    await editing.sync()
    named = await upload(
        editing, "PNK;EAN;Stoc\nD5XB1BBM;;4\n;5941234567890;5\nDTWICE;;6\n;5940000000001;7\n;1;8\n;;9\n"
    )
    assert outcome(named) == [
        (1, []),
        (1, ["offer_repeated"]),
        (None, ["part_number_key_repeats"]),
        (None, ["eans_repeats"]),
        (None, ["offer_not_found"]),
        (None, ["no_offer_named"]),
    ]
    rows = named.json()["data"]["rows"]
    assert rows[2]["errors"][0]["values"] == {"given": "DTWICE", "offers": "2, 3"}
    assert rows[0]["name"]
    assert [(cell["place"], cell["text"], cell["value"]) for cell in rows[0]["cells"]] == [
        ("A2", "D5XB1BBM", "D5XB1BBM"),
        ("C2", "4", "4"),
    ]
