"""Workbooks that people fill in and send back: the template, and the rows that failed."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from emagsync.edits.bulk.columns import KNOWN, column_of
from emagsync.edits.bulk.edit_workbooks import _COLUMNS, heading_of, template
from emagsync.edits.bulk.file_import import read_file
from emagsync.edits.bulk.file_reading import FileOptions
from emagsync.edits.errors import FileUnreadable
from emagsync.offers.export_columns import EXPORTED, LANGUAGES, HeadingLanguage, exported_text
from support.editing import PRODUCTS, Editing
from support.workbooks import saved

BULK = f"{PRODUCTS}/bulk-edit"


def filled(content: bytes, *rows: list[Any]) -> bytes:
    book = load_workbook(io.BytesIO(content))
    for row in rows:
        book.worksheets[0].append(row)
    return saved(book)


def sheet_in(content: bytes) -> Worksheet:
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    assert isinstance(sheet, Worksheet)
    return sheet


def table_of(content: bytes) -> list[list[Any]]:
    return [list(row) for row in sheet_in(content).iter_rows(values_only=True)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_template_has_every_column_of_a_file_of_edits_and_is_read_as_one(language: HeadingLanguage) -> None:
    headings = [heading_of(name, language) for name in _COLUMNS]
    assert [column_of(heading) for heading in headings] == list(_COLUMNS)
    assert set(KNOWN) - set(_COLUMNS) == {"version", EXPORTED}
    empty = template(language)
    with pytest.raises(FileUnreadable) as refused:
        read_file(empty, FileOptions())
    assert refused.value.reason == "no_rows"
    row: list[Any] = [None] * len(headings)
    row[headings.index(heading_of("part_number", language))] = "00123"
    row[headings.index(heading_of("sale_price", language))] = 119.9
    reading = read_file(filled(empty, row), FileOptions(default_account="main"))
    [request] = reading.requests
    assert (request.part_number, request.given, request.errors) == ("00123", {"sale_price": "119.9"}, ())
    book = load_workbook(io.BytesIO(empty))
    explained = [cell.value for cell in book.worksheets[1]["A"]]
    assert set(headings) <= set(explained)
    assert list(reading.note.other_sheets) == [book.worksheets[1].title]
    # What people add stays text.
    assert book.worksheets[0].column_dimensions["C"].number_format == "@"


async def test_the_template_is_downloaded_in_the_reader_s_language(editing: Editing) -> None:
    answer = await editing.api.viewer.get(f"{BULK}/template", params={"language": "ro"})
    assert answer.headers["content-disposition"] == 'attachment; filename="emagsync-template.xlsx"'
    assert table_of(answer.content)[0][1] == "ID ofertă"


async def failed(editing: Editing, content: bytes, **fields: str) -> httpx2.Response:
    answer = await editing.api.operator.post(
        f"{BULK}/failed-rows",
        files={"file": ("edits.xlsx", content)},
        data={"account_type": "main", "language": "ro", **fields},
    )
    assert answer.status_code == 200, answer.text
    return answer


def with_faults(name: str) -> bytes:
    """Three rows of a file: one that is good, one with a price that is none, one whose offer nobody knows."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["De citit", "Stoc", "ID ofertă", "Preț", EXPORTED])
    sheet.append([name, 3, 1, 105.5, None])
    sheet.append([name, 4, 2, "=1+", exported_text(2, Decimal("100.0000"), None, None, None, 10, None, None, None)])
    sheet["D3"].value = "multe parale"
    sheet.append([name, "+5", 999_999, 120.5, None])
    return saved(book)


async def test_failed_rows_come_with_their_reason_and_can_be_mended_and_sent_again(editing: Editing) -> None:
    for emag_id in (1, 2):
        editing.plain(emag_id)
    await editing.sync()
    reasons = json.dumps({"3": "=Prețul nu este un număr"})
    answer = await failed(editing, with_faults("x" * 500), reasons=reasons)
    headings, second, third = table_of(answer.content)
    assert headings == ["Stoc", "ID ofertă", "Preț", EXPORTED, "Denumire", "Ce este de corectat"]
    assert second[:3] == [4, 2, "multe parale"]
    assert second[-1] == "'=Prețul nu este un număr"
    assert second[-2]
    assert third[:3] == ["'+5", 999_999, 120.5]
    assert "999999" in third[-1]
    assert sheet_in(answer.content).column_dimensions["D"].hidden
    # Mended: what was added is not read, what was exported still tells which cells were touched.
    book = load_workbook(io.BytesIO(answer.content))
    sheet = book.worksheets[0]
    sheet["B3"].value, sheet["C2"].value, sheet["C3"].value = 1, 130.75, 105.5
    kept = await editing.api.operator.post(
        BULK, files={"file": ("mended.xlsx", saved(book))}, data={"account_type": "main", "preview": "false"}
    )
    assert kept.status_code == 200, kept.text
    data = kept.json()["data"]
    assert data["file"]["ignored_columns"] == ["Denumire", "Ce este de corectat"]
    mended = await editing.every_edit(emag_id=2)
    assert sorted(mended) == [("sale_price", "130.7500", "open"), ("stock", "4", "open")]
    assert sorted(await editing.every_edit(emag_id=1)) == [("sale_price", "105.5000", "open"), ("stock", "+5", "open")]


@pytest.mark.parametrize("reasons", ["[]", '{"x": "y"}', "{", '{"1": 2}'])
async def test_reasons_that_are_none_are_refused(editing: Editing, reasons: str) -> None:
    answer = await editing.api.operator.post(
        f"{BULK}/failed-rows", files={"file": ("a.csv", b"id;stoc\n1;x\n")}, data={"reasons": reasons}
    )
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "reasons")


async def test_a_file_of_several_thousand_rows_is_no_body_that_is_too_large(editing: Editing) -> None:
    rows = "".join(f"{number};{'Bec LED cu un nume lung ' * 20};3\n" for number in range(1, 3001))
    content = f"emag_id;name;stock\n{rows}".encode()
    assert len(content) > 1024 * 1024
    answer = await editing.api.operator.post(BULK, files={"file": ("a.csv", content)}, data={"account_type": "main"})
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["data"]["rows"]) == 3000
