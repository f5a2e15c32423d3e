"""Reading files of sources: whatever the format and the mapping, no row is dropped and no value is misread in silence.

The files are written by other programs than ours: Python's csv and json, ElementTree, openpyxl.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as Xml

import msgspec
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.errors import FILE_REASONS
from emagsync.sources.reading import source_child
from emagsync.sources.reading.options import FileFormat, KeyField, ReadingAnswer, ReadingOptions
from emagsync.sources.reading.source_child import read_source

WORDS = Path(__file__).parents[2] / "web" / "src" / "shared" / "i18n"
LETTERS = "abcXYZ019 -_/.ăâîşţ;,|\"'&<>"
KEYS = st.text(LETTERS, min_size=1, max_size=12).map(str.strip).filter(lambda text: text.strip("'\" ") == text != "")
NAMES = st.text(LETTERS, max_size=20)
HEADINGS = ("Cod", "Denumire", "Stoc", "Preț")
COLUMNS = {"Cod": "part_number", "Stoc": "stock", "Preț": "sale_price"}


class Made(NamedTuple):
    """A row as the ERP means it: None and "" are empty; a stock of text is none."""

    key: str
    name: str
    stock: int | str | None
    price: Decimal | None


ROWS = st.lists(
    st.builds(
        Made,
        st.one_of(KEYS, st.just("")),
        NAMES,
        st.one_of(st.none(), st.integers(0, 99_999), st.integers(-99, -1), st.sampled_from(["multe", "n/a"])),
        st.one_of(st.none(), st.decimals("0.01", "99999.99", places=2)),
    ),
    min_size=1,
    max_size=8,
)


def texts(row: Made, comma: str = ".") -> list[str]:
    price = "" if row.price is None else str(row.price).replace(".", comma)
    return [row.key, row.name, "" if row.stock is None else str(row.stock), price]


def as_csv(rows: Sequence[Made], separator: str = ";", encoding: str = "utf-8", comma: str = ",") -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator)
    writer.writerow(HEADINGS)
    writer.writerows(texts(row, comma) for row in rows)
    return out.getvalue().replace("ț", "ţ").encode(encoding)


def as_xlsx(rows: Sequence[Made]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADINGS)
    for row in rows:
        stock = row.stock if row.stock is not None else None
        price = None if row.price is None else float(row.price)
        sheet.append([row.key or None, row.name or None, stock, price])
        for cell in sheet[sheet.max_row][:2]:
            cell.data_type = "s" if cell.value is not None else cell.data_type
            cell.number_format = "@"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def as_json(rows: Sequence[Made]) -> bytes:
    items = [dict(zip(HEADINGS, [row.key, row.name, row.stock, row.price], strict=True)) for row in rows]
    return json.dumps({"ok": True, "data": {"items": items}}, default=float, ensure_ascii=False).encode()


def as_xml(rows: Sequence[Made]) -> bytes:
    root = Xml.Element("Export")
    for row in rows:
        element = Xml.SubElement(root, "Produs")
        for name, text in zip(HEADINGS, texts(row, ","), strict=True):
            # expat knows the names of the fourth edition of XML 1.0, which has no ț.
            Xml.SubElement(element, name.replace("ț", "t")).text = text
    return Xml.tostring(root, encoding="utf-8", xml_declaration=True)


WRITERS: Mapping[FileFormat, Callable[[Sequence[Made]], bytes]] = {
    FileFormat.CSV: as_csv,
    FileFormat.XLSX: as_xlsx,
    FileFormat.JSON: as_json,
    FileFormat.XML: as_xml,
}


def read(content: bytes, **options: Any) -> ReadingAnswer:
    return read_source(content, ReadingOptions(account="main", **options))


def check_row(request: ChangeRequest, row: Made) -> None:
    """What a row asks for is what it means, or what is wrong with it is said, with its place."""
    assert request.part_number == (row.key.strip() or None)
    wrong = {issue.field: issue.message for issue in request.errors}
    if isinstance(row.stock, int) and row.stock >= 0:
        assert request.given["stock"] == str(row.stock)
    elif isinstance(row.stock, str):
        # The field's own check says what it takes, when it is planned.
        assert request.given["stock"] == row.stock
    elif row.stock is not None:
        assert str(request.row) in wrong["stock"]
        assert "stock" not in request.given
    else:
        assert "stock" not in request.given
    price = request.given.get("sale_price")
    assert (None if price is None else Decimal(price)) == row.price


@pytest.mark.parametrize("kind", list(FileFormat))
@given(rows=ROWS)
def test_every_row_is_read_as_it_is_meant_or_counted_as_blank(kind: FileFormat, rows: list[Made]) -> None:
    answer = read(WRITERS[kind](rows), columns=COLUMNS, key=KeyField.PART_NUMBER)
    read_as_blank = [row for row in rows if not row.key.strip() and row.stock is None and row.price is None]
    seen = [row for row in rows if row.name.strip() or row not in read_as_blank]
    if not seen:
        assert answer.refusal is not None
        assert answer.refusal.reason == "no_rows"
        return
    assert answer.refusal is None
    assert answer.look is not None
    assert answer.reading is not None
    assert answer.look.format is kind
    note, requests = answer.reading.note, answer.reading.requests
    assert note.rows == note.blank + note.joined + len(requests)
    meant = [row for row in rows if row not in read_as_blank]
    assert (note.rows, len(requests)) == (note.blank + len(meant), len(meant))
    for request, row in zip(requests, meant, strict=True):
        check_row(request, row)


@given(
    rows=ROWS,
    separator=st.sampled_from(";,\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1250"]),
    comma=st.sampled_from(",."),
)
def test_csv_is_understood_in_any_encoding_and_with_any_separator(
    rows: list[Made], separator: str, encoding: str, comma: str
) -> None:
    content = as_csv(rows, separator, encoding, comma)
    columns = {"Cod": "part_number", "Stoc": "stock", "Pre\u0163": "sale_price"}
    guessed = read(content, columns=columns)
    assert guessed.look is not None
    name = encoding.removesuffix("-sig")
    assert (guessed.look.separator, guessed.look.encoding) == (separator, name)
    said = read(content, columns=columns, separator=separator, encoding=name)
    assert said == guessed
    if guessed.reading is not None:
        meant = [row for row in rows if row.key.strip() or row.stock is not None or row.price is not None]
        for request, row in zip(guessed.reading.requests, meant, strict=True):
            check_row(request, row)


FIELDS = ["part_number", "ean", "part_number_key", "emag_id", "stock", "sale_price", "status", "currency", "account"]
CELLS = st.one_of(st.text(max_size=8), st.integers(-9, 10**14).map(str), st.floats(-9, 9999).map(str), st.just(""))


@given(
    table=st.integers(1, 5).flatmap(
        lambda width: st.tuples(
            st.lists(st.text("abcdef", min_size=1, max_size=4), min_size=width, max_size=width, unique=True),
            st.lists(st.lists(CELLS, min_size=width, max_size=width + 1), max_size=6),
            st.lists(st.sampled_from([*FIELDS, None]), min_size=width, max_size=width),
        )
    ),
    key=st.one_of(st.none(), st.sampled_from(list(KeyField))),
)
def test_whatever_the_mapping_every_cell_of_a_mapped_column_is_used_or_reported(
    table: Any, key: KeyField | None
) -> None:
    headings, rows, fields = table
    columns = {heading: field for heading, field in zip(headings, fields, strict=True) if field is not None}
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(headings)
    writer.writerows(rows)
    answer = read(out.getvalue().encode(errors="replace"), columns=columns or None, key=key, separator=",")
    if answer.refusal is not None:
        return
    assert answer.reading is not None
    note, requests = answer.reading.note, answer.reading.requests
    assert note.rows == note.blank + note.joined + len(requests)
    for request in requests:
        told = {issue.field for issue in request.errors} | set(request.given)
        named = (request.emag_id, request.part_number, request.part_number_key, request.eans, request.currency)
        assert told or any(named) or request.account != "main" or note.joined


@given(
    content=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)), kind=st.sampled_from(FileFormat)
)
def test_whatever_a_file_holds_it_is_read_or_refused_with_a_reason(content: bytes, kind: FileFormat) -> None:
    for options in ({"format": kind}, {"format": kind, "columns": COLUMNS}, {}):
        answer = read(content, **options)
        assert (answer.reading is None) == (answer.refusal is not None)


def test_a_plus_before_a_stock_is_no_difference_in_a_source() -> None:
    answer = read(b"sku,stock\nA,+5\n")
    assert answer.reading is not None
    [request] = answer.reading.requests
    assert (dict(request.given), [issue.code for issue in request.errors]) == ({}, ["relative_stock"])


MANY_NAMES = b"{%s}" % b",".join(b'"%d": 1' % (number % 199_999) for number in range(200_000))


@pytest.mark.parametrize(
    ("content", "options", "reason"),
    [
        pytest.param(b"{", {"format": "json"}, "not_json", id="half a document"),
        pytest.param(b'{"a": 1, "a": 2}', {}, "not_json", id="a name twice"),
        pytest.param(MANY_NAMES, {}, "not_json", id="a name twice among so many that each may be looked at once only"),
        pytest.param(b'[{"sku": "A", "stock": NaN}]', {}, "not_json", id="not a number"),
        pytest.param(b'{"items": []}', {"row_path": "data"}, "no_rows_at", id="no such path"),
        pytest.param(b'{"items": 5}', {}, "no_rows_found", id="no list"),
        pytest.param(b"<a><b>", {"format": "xml"}, "not_xml", id="half an element"),
        pytest.param(b'<!DOCTYPE a [<!ENTITY b "c">]><a/>', {"format": "xml"}, "has_doctype", id="entities"),
        pytest.param(b"<a><b><c/></b></a>", {"row_path": "a/x"}, "no_rows_at", id="no such element"),
        pytest.param(b"<?xml version='1.0' encoding='klingon'?><a/>", {}, "not_xml", id="unknown encoding"),
        pytest.param(b'<?xml version="1.0" encoding="utf-7"?><a/>', {}, "not_xml", id="several bytes a letter"),
        pytest.param(b'<!DOCTYPE a [<!ENTITY b "c">]><a/>', {}, "has_doctype", id="entities, not told what it is"),
        pytest.param(b"\xff\xfe\x00", {}, "unknown_source_format", id="half a letter"),
        pytest.param(b"sku;stock\nA;1", {"encoding": "utf-16"}, "other_encoding", id="another encoding"),
        pytest.param(b"sku;x\nA;1", {}, "no_value_column", id="nothing to set"),
        pytest.param(b"x;stock\nA;1", {}, "no_key_column", id="nothing to name offers by"),
        pytest.param(b"sku;stock\nA;1", {"columns": {"Cod": "part_number"}}, "columns_missing", id="a column is gone"),
        pytest.param(b"%PDF-1.7", {}, "other_source_format", id="a document"),
        pytest.param(b"<!DOCTYPE html><html></html>", {}, "other_source_format", id="a page that asks for a login"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(content: bytes, options: dict[str, Any], reason: str) -> None:
    kind = options.pop("format", None)
    answer = read(content, format=None if kind is None else FileFormat(kind), **options)
    assert answer.reading is None
    assert answer.refusal is not None
    assert answer.refusal.reason == reason


@pytest.mark.parametrize("reason", ["other_source_format", "unknown_source_format"])
def test_what_is_said_of_a_file_in_another_format_names_every_format_that_is_read(reason: str) -> None:
    texts = [FILE_REASONS[reason]]
    for language in ("en", "ro"):
        worded = json.loads((WORDS / f"{language}.json").read_text(encoding="utf-8"))
        texts.append(worded["error"]["file_unreadable"]["reasons"][reason])
    for text in texts:
        assert {kind.value for kind in FileFormat} <= set(re.findall("[a-z]+", text.lower())), text


@pytest.mark.parametrize("kind", [FileFormat.JSON, FileFormat.XML])
def test_trees_too_deep_or_too_wide_are_refused(kind: FileFormat, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = {FileFormat.JSON: b'{"a":' * 60 + b"[{}]" + b"}" * 60, FileFormat.XML: b"<a>" * 60 + b"</a>" * 60}[kind]
    assert read(deep, format=kind).refusal is not None
    items = [{f"c{number}": number} for number in range(300)]
    rows = "".join(f"<r><c{number}>1</c{number}></r>" for number in range(300))
    wide = {FileFormat.JSON: json.dumps(items).encode(), FileFormat.XML: f"<x>{rows}</x>".encode()}[kind]
    refused = read(wide, format=kind).refusal
    assert refused is not None
    assert refused.reason == "too_many_columns"
    monkeypatch.setattr(source_child, "MOST_ROWS", 3)
    many = {
        FileFormat.JSON: json.dumps([{"sku": "A", "stock": 1}] * 5).encode(),
        FileFormat.XML: b"<x>" + b"<r><sku>A</sku><stock>1</stock></r>" * 5 + b"</x>",
    }[kind]
    refused = read(many, format=kind).refusal
    assert refused is not None
    assert refused.reason == "too_many_rows"


def test_values_of_one_row_that_stand_deeper_are_named_by_their_path() -> None:
    document = {"data": [{"sku": "A", "price": {"net": 10.5, "gross": 12}, "ean": ["5941", "5942"], "on": True}]}
    columns = {"sku": "part_number", "price/net": "sale_price"}
    answer = read(json.dumps(document).encode(), columns=columns)
    assert answer.look is not None
    assert answer.reading is not None
    assert (answer.look.row_path, list(answer.look.headings)) == (
        "data",
        ["sku", "price/net", "price/gross", "ean", "on"],
    )
    assert answer.look.place("sale_price", 1) == "data[1]/price/net"
    assert dict(answer.reading.requests[0].given) == {"sale_price": "10.5"}


@pytest.mark.parametrize(
    "content",
    [
        b"<a><p><sku>A</sku><price>1</price><price>234</price></p><p/></a>",
        b"<a><p><sku>A</sku><price>1<old>9</old>234</price></p><p/></a>",
        b'<a xmlns:x="u" xmlns:y="v"><p><sku>A</sku><x:price>1</x:price><y:price>234</y:price></p><p/></a>',
        b'[{"sku": "A", "price": [1, 234]}]',
        b'[{"sku": "A", "price": "1", "/price": "234"}]',
    ],
    ids=["elements", "an element between", "namespaces", "a list", "names"],
)
def test_values_that_stand_apart_are_no_one_number(content: bytes) -> None:
    reading = read(content).reading
    assert reading is not None
    (request,) = reading.requests
    assert (request.part_number, dict(request.given)) == ("A", {})
    assert [issue.code for issue in request.errors] == ["several_values"]


def test_comments_and_references_within_a_value_leave_it_one() -> None:
    reading = read(b"<a><p><sku>A</sku><price>1<!-- -->2<![CDATA[3]]>&#52;</price></p><p/></a>").reading
    assert reading is not None
    assert dict(reading.requests[0].given) == {"sale_price": "1234"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'[{"sku": "A", "stock": "1\\u0000"}]', "text_unusable"),
        (b'[{"sku": "A\\ud800", "stock": 1}]', "text_unusable"),
        (b'[{"sku": "A\\u0000B", "stock": 1}]', "text_unusable"),
        (b'[{"sku": "A", "stock": 1e99999999999999999999}]', "error_value"),
        (b'[{"sku": 1E5, "stock": 1}]', "shown_differently"),
    ],
)
def test_what_json_alone_can_say_is_an_error_of_its_row(content: bytes, code: str) -> None:
    answer = read(content)
    assert answer.reading is not None
    assert [issue.code for issue in answer.reading.requests[0].errors] == [code]
    assert msgspec.json.encode(answer)


def test_names_that_cannot_be_stored_are_shown_as_far_as_they_can_be() -> None:
    answer = read(b'{"da\\ud800ta": [{"sku": "A", "stock": 1, "x\\u0000": "\\udfff"}]}')
    assert answer.look is not None
    assert answer.look.row_path == "da\N{REPLACEMENT CHARACTER}ta"
    assert answer.look.headings[2] == "x\N{REPLACEMENT CHARACTER}"
    assert msgspec.json.encode(answer)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_trees_in_utf_16_are_known_by_how_they_begin(encoding: str) -> None:
    for document in ('[{"sku": "A", "stock": 1}]', "<a><p><sku>A</sku><stock>1</stock></p><p/></a>"):
        reading = read(document.encode(encoding)).reading
        assert reading is not None
        assert dict(reading.requests[0].given) == {"stock": "1"}
