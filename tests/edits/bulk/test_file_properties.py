"""Whatever table somebody makes, and whatever bytes they send: no cell gets lost, and nothing else happens."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from emagsync.edits.bulk.file_import import read_file
from emagsync.edits.bulk.file_reading import FileOptions, FileReading
from emagsync.edits.bulk.file_table import cell_name
from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.errors import FileUnreadable
from support.examples import examples
from support.workbooks import raw_workbook, rows_of, saved, text_cells

OPTIONS = FileOptions(default_account="main")
QUICK = settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])

# How columns may be called, by what they are.
HEADINGS = {
    "emag_id": ["emag_id", "ID eMAG:", " id "],
    "part_number": ["SKU", "Cod produs"],
    "sale_price": ["sale_price", "Preț", "Pret\u00a0vânzare:"],
    "stock": ["Stoc", "stock"],
    "status": ["Stare"],
    "currency": ["Moneda"],
    None: ["", " "],
    "colour": ["Culoare"],
}
FORMATS = ["General", "0", "00000", "0.00", "#,##0", "0%", "yyyy-mm-dd", "0.00E+00", ";;;"]


class Made(NamedTuple):
    """A cell as it was made: its value, and in XLSX its number format."""

    value: Any
    code: str = "General"


values = st.one_of(
    st.just(Made(None)),
    st.integers(0, 10**12).map(Made),
    st.sampled_from(["1,5", "1.234", "00123", "1E5", "x", "'7", "'", "=1+1", "a;b", "\u200b", " 7 ", "ș"]).map(Made),
    st.decimals(0, 10**6, places=4).map(float).map(Made),
    st.builds(Made, st.integers(0, 10**6), st.sampled_from(FORMATS)),
)
columns = st.lists(st.sampled_from(list(HEADINGS)), min_size=1, max_size=6, unique_by=lambda one: one or object())
tables = columns.flatmap(
    lambda names: st.tuples(
        st.just(names),
        st.tuples(*(st.sampled_from(HEADINGS[name]) for name in names)),
        st.lists(st.lists(values, max_size=len(names) + 2), min_size=1, max_size=5),
    )
)


def as_workbook(headings: tuple[str, ...], rows: list[list[Made]]) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(headings))
    for number, row in enumerate(rows, start=2):
        for column, made in enumerate(row, start=1):
            cell = sheet.cell(number, column, made.value)
            cell.number_format = made.code
    return saved(book)


def as_csv(headings: tuple[str, ...], rows: list[list[Made]], separator: str) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(headings)
    writer.writerows([["" if made.value is None else made.value for made in row] for row in rows])
    return text.getvalue().encode()


def used(request: ChangeRequest, name: str) -> bool:
    return name in request.given if name in ("sale_price", "stock", "status") else bool(getattr(request, name))


def lost(reading: FileReading, names: list[str | None], rows: list[list[Made]]) -> list[str]:
    """The cells that are neither used nor reported."""
    by_row = {request.row: request for request in reading.requests}
    missing = []
    for number, row in enumerate(rows, start=2):
        for column, made in enumerate(row, start=1):
            if made.value is None or not str(made.value).strip():
                continue
            name = names[column - 1] if column <= len(names) else None
            if name == "colour" and name in " ".join(reading.note.ignored_columns).lower().replace("culoare", "colour"):
                continue
            place = cell_name(column, number)
            request = by_row.get(number)
            reported = {issue.field for issue in request.errors} if request else set()
            is_used = request is not None and name is not None and used(request, name)
            if not is_used and not reported & {name, place}:
                missing.append(place)
    return missing


def check(content: bytes, names: list[str | None], rows: list[list[Made]]) -> None:
    try:
        reading = read_file(content, OPTIONS)
    except FileUnreadable:
        is_table = {"emag_id", "part_number"} & set(names) and {"sale_price", "stock", "status"} & set(names)
        filled = any(str(made.value or "").strip() or made.value == 0 for row in rows for made in row)
        assert not (is_table and filled)
        return
    assert lost(reading, names, rows) == []


@pytest.mark.thorough
@QUICK
@given(tables)
def test_every_cell_of_a_workbook_is_used_or_reported(table: Any) -> None:
    names, headings, rows = table
    check(as_workbook(headings, rows), names, rows)


@QUICK
@given(tables, st.sampled_from(";,\t"))
def test_every_cell_of_a_csv_file_is_used_or_reported(table: Any, separator: str) -> None:
    names, headings, rows = table
    check(as_csv(headings, rows, separator), names, rows)


def _sample() -> bytes:
    body = rows_of(text_cells("emag_id", "stock"), '<c r="A2" s="1"><v>1</v></c><c t="s"><v>0</v></c>')
    return raw_workbook({"A": body, "B": "<sheetData/>"}, strings="<si><t>5</t></si>", formats=["0.00"])


SAMPLES = [_sample(), b"emag_id;stock\n1;2\n", 'sep=;\r\n"ID";"Preț"\r\n7;"1,5"\r\n'.encode("utf-16")]
changes = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6)


@QUICK
@given(st.sampled_from(SAMPLES), changes, st.integers(0, 10_000), st.booleans())
def test_any_bytes_are_a_table_or_refused_and_nothing_else(
    sample: bytes, flips: list[tuple[int, int]], cut: int, is_cut: bool
) -> None:
    content = bytearray(sample)
    for at, value in flips:
        content[at % len(content)] = value
    with suppress(FileUnreadable):
        read_file(bytes(content[: cut % len(content)] if is_cut else content), OPTIONS)


xml = st.recursive(
    st.sampled_from(["", "x", "1", "&#x41;", "&amp;", "<!--c-->"]),
    lambda inner: st.builds(
        lambda name, attributes, within: f"<{name} {attributes}>{''.join(within)}</{name}>",
        st.sampled_from(["row", "c", "v", "f", "is", "t", "r", "rPh", "sheetData", "cols", "col", "si"]),
        st.sampled_from(
            [
                *("", 'r="2"', 'r="A2"', 'r="ZZZ9"', 'r=""', 't="s"', 't="b"', 't="inlineStr"', 's="1"', 's="-1"'),
                *('hidden="1"', 'ht="x"', 'min="1" max="2" hidden="1"', 'min="x" width="0"', 'r="99999999999"'),
            ]
        ),
        st.lists(inner, max_size=4),
    ),
    max_leaves=25,
)


@QUICK
@given(xml, xml)
def test_any_xml_in_a_sheet_is_a_table_or_refused_and_nothing_else(body: str, strings: str) -> None:
    head = f"<row>{text_cells('emag_id', 'stock')}</row>"
    content = raw_workbook({"A": f"<sheetData>{head}{body}</sheetData>"}, strings=strings, formats=["0"])
    with suppress(FileUnreadable):
        read_file(content, OPTIONS)
