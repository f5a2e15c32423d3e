"""What a file of edits says: every cell is used or reported, as it is shown, and what is hidden is known."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from emagsync.edits.bulk import file_import
from emagsync.edits.bulk.file_import import read_file
from emagsync.edits.bulk.file_reading import FileOptions, FileReading
from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.errors import FILE_REASONS, FileUnreadable
from support.workbooks import raw_workbook, rows_of, saved, text_cells, workbook

Table = Callable[..., bytes]


def csv_of(*rows: Any, separator: str = ",") -> bytes:
    return "\n".join(separator.join("" if one is None else str(one) for one in row) for row in rows).encode()


def read(content: bytes, **options: Any) -> FileReading:
    return read_file(content, FileOptions(default_account="main", **options))


def requests(content: bytes, **options: Any) -> list[ChangeRequest]:
    return list(read(content, **options).requests)


def problems(request: ChangeRequest) -> list[tuple[str, str]]:
    return [(one.field, one.code) for one in request.errors]


def refusal(content: bytes) -> FileUnreadable:
    with pytest.raises(FileUnreadable) as caught:
        read(content)
    return caught.value


both = pytest.mark.parametrize("table", [csv_of, workbook], ids=["csv", "xlsx"])


@both
def test_a_cell_beyond_the_headings_or_under_none_is_an_error_that_names_it(table: Table) -> None:
    beyond, under_none, fine = requests(
        table(
            ["emag_id", "sale_price", None, "stock"], [1, 797, None, 99, 3], [2, 100, "x", None], [3, 100, None, 4, " "]
        )
    )
    assert problems(beyond) == [("E2", "no_heading")]
    assert problems(under_none) == [("C3", "no_heading")]
    assert (problems(fine), fine.given) == ([], {"sale_price": "100", "stock": "4"})


def test_a_price_with_a_comma_between_commas_is_an_error_and_no_other_price() -> None:
    [request] = requests(b"emag_id,sale_price,stock\n1,797,99,3\n")
    assert problems(request) == [("D2", "no_heading")]


@both
@pytest.mark.parametrize("text", ["1.234", "12.500", "999.999"])
def test_a_text_that_is_a_price_in_two_ways_is_ambiguous(table: Table, text: str) -> None:
    [request] = requests(table(["emag_id", "sale_price"], [1, text]))
    assert problems(request) == [("sale_price", "ambiguous_amount")]


@both
@pytest.mark.parametrize("text", ["1.23", "1.2340", "0.125", "1234.567", "1234"])
def test_a_text_that_is_a_price_in_one_way_is_taken(table: Table, text: str) -> None:
    [request] = requests(table(["emag_id", "sale_price"], [1, text]))
    assert (problems(request), request.given) == ([], {"sale_price": text})


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("line", ["sep={}\n", "SEP={}\r\n", '"sep={}"\n'])
def test_the_separator_may_be_named_in_the_first_line(separator: str, line: str) -> None:
    [request] = requests(line.format(separator).encode() + csv_of(["emag_id", "stock"], [1, 2], separator=separator))
    assert (request.row, request.given) == (2, {"stock": "2"})


def test_the_separator_is_the_one_that_makes_columns_of_the_headings() -> None:
    [request] = requests(b'"Pret, lei;:";emag_id;stock\n'.replace(b'"Pret, lei;:"', b"Pret") + b"1,5;7;2\n")
    assert request.given == {"sale_price": "1.5", "stock": "2"}


@both
@pytest.mark.parametrize(
    "heading", ["Preț:", "PRET", " Preț\u00a0vânzare ", "Pret\nde\n vanzare :", "Ｐｒｅｔ", "Pre\u0163", "Pret\u0326"]
)
def test_headings_are_compared_by_what_they_say(table: Table, heading: str) -> None:
    shown = f'"{heading}"' if table is csv_of else heading
    [request] = requests(table(["emag_id", shown], [1, 100]))
    assert request.given == {"sale_price": "100"}


def formatted(value: Any, code: str, *, name: str = "SKU") -> bytes:
    """A file whose second row holds `value` with this number format, under `name`, and a stock of 5."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append([name, "stoc", "ID"] if name != "stoc" else [name, "tva", "ID"])
    sheet.append([value, 5, None if name == "SKU" else 1])
    sheet["A2"].number_format = code
    return saved(book)


@pytest.mark.parametrize(
    ("value", "code", "part_number"),
    [
        (123, "General", "123"),
        (123, "00000", "00123"),
        (123, '"AB-"00000', "AB-00123"),
        (123456, "000-000", "123-456"),
        (123, "@", "123"),
        ("00123", "General", "00123"),
        ("1E5", "@", "1E5"),
    ],
)
def test_a_part_number_is_read_as_it_is_shown(value: Any, code: str, part_number: str) -> None:
    [request] = requests(formatted(value, code))
    assert (problems(request), request.part_number) == ([], part_number)


@pytest.mark.parametrize(
    ("value", "code", "problem"),
    [
        (100000, "0.00E+00", "shown_as_exponent"),
        (123456789012, "General", "shown_as_exponent"),
        (45000, "yyyy-mm-dd", "shown_as_date"),
        (0.5, "0%", "shown_as_percent"),
        (1234, "#,##0", "shown_differently"),
        (123.4, "0", "shown_differently"),
        (12.5, "General", "shown_differently"),
        (1234, "0,", "shown_as_unknown"),
        (7, "[>5]0;0.0", "shown_as_unknown"),
        (7, ";;;", "shown_differently"),
        (12345678901234567, "0", "too_many_digits"),
        (True, "General", "truth_value"),
        ("#N/A", "General", "error_value"),
    ],
)
def test_a_part_number_that_is_shown_otherwise_than_it_is_stored_is_refused(
    value: Any, code: str, problem: str
) -> None:
    [request] = requests(formatted(value, code))
    assert (problems(request), request.part_number) == ([("part_number", problem)], None)
    assert "A2" in request.errors[0].message


@pytest.mark.parametrize(
    ("value", "code", "given"),
    [
        (121.8487, "0.0000", "121.8487"),
        (1234.5, '#,##0.00 "lei"', "1234.5"),
        (1234.5, '_-* #,##0.00\\ "lei"_-;\\-* #,##0.00\\ "lei"_-;_-* "-"??\\ "lei"_-;_-@_-', "1234.5"),
        (0.1 + 0.2, "General", "0.3"),
        (1.234, "General", "1.234"),
        (100, "0.00", "100"),
    ],
)
def test_a_price_is_the_number_in_its_cell(value: float, code: str, given: str) -> None:
    [request] = requests(formatted(value, code, name="Preț"))
    assert (problems(request), request.doubts) == ([], ())
    assert request.given["sale_price"] == given


@pytest.mark.parametrize(
    ("value", "code"), [(121.8487, "0.00"), (99.999, "0"), (5, ";;;"), (5, '"x"'), (-5, "0;[Red]0")]
)
def test_a_price_that_shows_another_number_is_doubtful(value: float, code: str) -> None:
    [request] = requests(formatted(value, code, name="Preț"))
    assert [(one.field, one.code) for one in request.doubts] == [("sale_price", "shown_differently")]


@pytest.mark.parametrize(("value", "code"), [(0.5, "0%"), (45000, "dd.mm.yyyy"), (100000, "0E+00"), (1.5, "# ?/?")])
def test_a_price_that_is_shown_as_something_else_is_refused(value: float, code: str) -> None:
    [request] = requests(formatted(value, code, name="Preț"))
    assert problems(request)[0][1].startswith("shown_as_")
    assert "sale_price" not in request.given


def test_a_formula_whose_result_is_not_in_the_file_is_an_error_and_one_with_it_is_a_value() -> None:
    body = rows_of(
        text_cells("emag_id", "stock"),
        '<c r="A2"><v>1</v></c><c r="B2"><f>1+1</f></c>',
        '<c r="A3"><v>2</v></c><c r="B3"><f>1+1</f><v>2</v></c>',
    )
    without, with_result = requests(raw_workbook({"A": body}))
    assert problems(without) == [("stock", "formula_without_result")]
    assert with_result.given == {"stock": "2"}


def test_all_runs_of_a_text_are_read_and_not_how_it_is_pronounced() -> None:
    strings = (
        "<si><r><t>S</t></r><r><t>KU</t></r><rPh sb='0' eb='1'><t>x</t></rPh></si><si><t>a_x005F_b_x0041_</t></si>"
    )
    body = rows_of('<c t="s"><v>0</v></c>' + text_cells("stock"), '<c t="s"><v>1</v></c><c><v>3</v></c>')
    [request] = requests(raw_workbook({"A": body}, strings=strings))
    assert (request.part_number, request.given) == ("a_bA", {"stock": "3"})


def hiding() -> Workbook:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (["emag_id", "stock", "status"], [1, 5, 1], [2, 6, None], [3, 7, None]):
        sheet.append(row)
    return book


def test_hidden_rows_and_columns_are_counted_and_need_a_yes() -> None:
    book = hiding()
    book.worksheets[0].row_dimensions[3].hidden = True
    book.worksheets[0].column_dimensions["C"].hidden = True
    reading = read(saved(book), confirm=True)
    assert (reading.note.hidden_rows, list(reading.note.hidden_columns)) == (1, ["status"])
    assert [one.is_unseen for one in reading.requests] == [True, True, False]
    assert [[doubt.code for doubt in one.doubts] for one in reading.requests] == [["hidden_column"], ["hidden_row"], []]
    accepted = read(saved(book), include_hidden=True)
    assert [(one.is_unseen, one.doubts) for one in accepted.requests] == [(False, ())] * 3
    assert accepted.note == reading.note


@pytest.mark.parametrize(
    ("before", "row"),
    [
        ("", 'hidden="1"'),
        ("", 'hidden="true"'),
        ("", 'ht="0" customHeight="1"'),
        ('<sheetFormatPr zeroHeight="1"/>', ""),
        ('<cols><col min="2" max="3" hidden="1" width="9"/></cols>', ""),
        ('<cols><col min="1" max="16384" width="0" customWidth="1"/></cols>', ""),
    ],
)
def test_whatever_way_something_is_hidden_it_is_known(before: str, row: str) -> None:
    rows = f"<row>{text_cells('emag_id', 'stock')}</row><row {row}><c><v>1</v></c><c><v>2</v></c></row>"
    [request] = requests(raw_workbook({"A": f"{before}<sheetData>{rows}</sheetData>"}))
    assert request.is_unseen


TABLE = rows_of(text_cells("emag_id", "stock"), "<c><v>1</v></c><c><v>2</v></c>")
OLD = rows_of(text_cells("emag_id", "stock"), "<c><v>1</v></c><c><v>99</v></c>")
NOTES = rows_of(text_cells("Notes", "of yesterday"))


@pytest.mark.parametrize(
    ("sheets", "hidden", "chosen", "others"),
    [
        ({"Old": OLD, "New": TABLE}, ["Old"], "New", []),
        ({"Notes": NOTES, "New": TABLE, "Empty": "<sheetData/>"}, [], "New", ["Notes"]),
        ({"New": TABLE, "Old": OLD}, ["Old"], "New", []),
    ],
)
def test_the_only_sheet_that_is_shown_and_has_known_headings_is_read(
    sheets: dict[str, str], hidden: list[str], chosen: str, others: list[str]
) -> None:
    reading = read(raw_workbook(sheets, hidden=hidden))
    assert (reading.note.sheet, list(reading.note.other_sheets)) == (chosen, others)
    assert [one.given for one in reading.requests] == [{"stock": "2"}]


def test_several_sheets_that_could_be_meant_are_named() -> None:
    error = refusal(raw_workbook({"March": TABLE, "April": OLD, "Notes": NOTES}))
    assert (error.reason, error.values) == ("several_tables", {"sheets": "March, April"})
    assert refusal(raw_workbook({"Notes": NOTES, "More": NOTES})).reason == "no_table"


@both
def test_rows_of_one_offer_that_contradict_each_other_are_errors(table: Table) -> None:
    [request] = requests(table(["emag_id", "warehouse_id", "stock", "currency"], [1, 1, 7, "RON"], [1, 2, 8, "EUR"]))
    assert problems(request) == [("currency", "given_twice")]


def broken(**changed: str) -> bytes:
    parts = {"A": TABLE} | changed
    return raw_workbook(parts)


def altered(content: bytes, *, method: int | None = None, flags: int | None = None) -> bytes:
    """The archive with another method or flags in the headers of its last part, the sheet."""
    data = bytearray(content)
    for signature, at_flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        start = data.rfind(signature)
        if flags is not None:
            data[start + at_flags : start + at_flags + 2] = flags.to_bytes(2, "little")
        if method is not None:
            data[start + at_flags + 2 : start + at_flags + 4] = method.to_bytes(2, "little")
    return bytes(data)


def places(*cells: str) -> bytes:
    return broken(A=rows_of(text_cells("emag_id", "stock"), *cells))


def ods() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<x/>")
    return content.getvalue()


UNREADABLE = {
    "nothing": (b"", "empty"),
    "headings": (b"emag_id,stock\n", "no_rows"),
    "nul": (b"\x00\x01", "unknown_format"),
    "open quote": (b'emag_id,stock\n1,"5\n2,6\n', "not_csv"),
    "text after a quote": (b'emag_id,stock\n1,"5"0\n', "not_csv"),
    "an old workbook": (b"\xd0\xcf\x11\xe0" + bytes(600), "old_workbook"),
    "an empty archive": (b"PK\x03\x04", "damaged"),
    "cut off": (broken()[:-30], "damaged"),
    "encrypted": (altered(broken(), flags=1), "encrypted"),
    "an odd method": (altered(broken(), method=77), "unknown_compression"),
    "bzip2": (raw_workbook({"A": TABLE}, method=zipfile.ZIP_BZIP2), "unknown_compression"),
    "lzma": (raw_workbook({"A": TABLE}, method=zipfile.ZIP_LZMA), "unknown_compression"),
    "not xml": (broken(A="<sheetData>"), "damaged"),
    "an unknown string": (places('<c t="s"><v>0</v></c>'), "damaged"),
    "an unknown style": (places('<c s="9"><v>1</v></c>'), "damaged"),
    "a row too far": (broken(A='<sheetData><row r="4000000000"/></sheetData>'), "bad_position"),
    "a row again": (broken(A='<sheetData><row r="2"/><row r="2"/></sheetData>'), "bad_position"),
    "a cell again": (places('<c r="A2"><v>1</v></c><c r="A2"><v>2</v></c>'), "bad_position"),
    "a cell of another row": (places('<c r="A3"><v>1</v></c>'), "bad_position"),
    "a column too far": (places('<c r="XFE2"><v>1</v></c>'), "bad_position"),
    "no column to change": (b"emag_id,colour\n1,red\n", "no_value_column"),
    "no column of offers": (b"colour,stock\n1,2\n", "no_key_column"),
    "ods": (ods(), "other_format"),
    "html": (b"\r\n<table><tr><td>1</td></tr></table>", "other_format"),
    "pdf": (b"%PDF-1.7", "other_format"),
    "too many columns": (b"emag_id,stock\n" + b"1," * 300 + b"1\n", "too_many_columns"),
    "too many rows": (b"emag_id,stock\n" + b"1,1\n" * 10_001, "too_many_rows"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_is_no_table_of_edits_is_refused_with_what_to_do(name: str) -> None:
    content, reason = UNREADABLE[name]
    assert refusal(content).reason == reason


def test_a_document_type_is_refused_whatever_its_entities_are() -> None:
    with zipfile.ZipFile(io.BytesIO(broken())) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    parts["xl/workbook.xml"] = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + parts["xl/workbook.xml"]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    assert refusal(content.getvalue()).reason == "damaged"


@pytest.mark.parametrize("language", ["en", "ro"])
def test_the_page_has_every_reason_and_every_problem_of_a_cell_in_its_reader_s_words(language: str) -> None:
    web = Path(__file__).parents[3] / "web" / "src"
    shared = json.loads((web / "shared" / "i18n" / f"{language}.json").read_text(encoding="utf-8"))
    edits = json.loads((web / "features" / "edits" / "i18n" / f"{language}.json").read_text(encoding="utf-8"))
    worded = shared["error"]["file_unreadable"]["reasons"]
    assert set(worded) == set(FILE_REASONS)
    for reason, text in FILE_REASONS.items():
        assert set(re.findall(r"{(\w+)", worded[reason])) == set(re.findall(r"{(\w+)", text)), reason
    more = {"no_heading", "shown_differently", "cell_too_long", "hidden_row", "hidden_column", "ambiguous_amount"}
    more |= {"row_mixed_up", "negative_stock", "changed_since_export", "no_offer_named", "eans_repeats"}
    more |= {"part_number_repeats", "part_number_key_repeats", "part_number_key_differs", "ean_differs"}
    more |= {"no_account", "account_not_found", "several_currencies"}
    assert {*file_import._FAULTS, *more} <= set(edits["objections"])


def test_every_reason_words_itself() -> None:
    values = dict.fromkeys(("columns", "known", "found", "kind", "sheets", "row", "error", "place"), "x")
    values |= {"most": 1, "encoding": "x", "path": "x", "rows": "x"}
    assert all(str(FileUnreadable(reason, **values)) for reason in FILE_REASONS)
