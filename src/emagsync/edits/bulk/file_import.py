"""Reads edits from a file that people make: CSV as spreadsheet programs write it, or XLSX.

A row names its offer by eMAG's id or by part number, and holds the values to set; an empty cell leaves a value as it
is. A price may have a decimal comma where nothing else can be meant. Several rows of one offer must be of different
warehouses.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from emagsync.edits.change_request import STOCK_CHANGE, ChangeRequest, Unreadable, whole
from emagsync.edits.errors import FileUnreadable
from emagsync.edits.fields import BY_WAREHOUSE, FIELDS
from emagsync.edits.request_schemas import MOST_ROWS
from emagsync.edits.validation import Issue

_MOST_COLUMNS: Final = 200
_LARGEST_ID: Final = 2**31
_SIGNATURE: Final = b"PK\x03\x04"
# What an XLSX may be unpacked to: a small file can hold gigabytes of zeros.
_MOST_UNPACKED: Final = 100 * 1024 * 1024

_SYNONYMS: Final[Mapping[str, str]] = {
    "id": "emag_id",
    "id emag": "emag_id",
    "sku": "part_number",
    "cod produs": "part_number",
    "cod": "part_number",
    "account_type": "account",
    "cont": "account",
    "price": "sale_price",
    "pret": "sale_price",
    "pret vanzare": "sale_price",
    "pret de vanzare": "sale_price",
    "pret recomandat": "recommended_price",
    "pret minim": "min_sale_price",
    "pret min": "min_sale_price",
    "pret maxim": "max_sale_price",
    "pret max": "max_sale_price",
    "stoc": "stock",
    "stock_quantity": "stock",
    "modificare stoc": STOCK_CHANGE,
    "diferenta stoc": STOCK_CHANGE,
    "timp livrare": "handling_time",
    "timp de livrare": "handling_time",
    "timp procesare": "handling_time",
    "tva": "vat_id",
    "id tva": "vat_id",
    "stare": "status",
    "activ": "status",
    "depozit": "warehouse_id",
    "moneda": "currency",
    "versiune": "version",
}
_ABOUT: Final = ("emag_id", "part_number", "account", "warehouse_id", "currency", "version")
_KNOWN: Final = (*_ABOUT, *FIELDS, STOCK_CHANGE)
_PLAIN_LETTERS: Final = str.maketrans("ăâîșşțţ", "aaisstt")


def read_file(content: bytes, *, default_account: str | None, confirm: bool = False) -> list[ChangeRequest]:
    """Parse a CSV or XLSX file into change requests, each with the errors of its row.

    Raises FileUnreadable, which says what to change, for a file that is no table of edits.
    """
    rows = _xlsx_rows(content) if content.startswith(_SIGNATURE) else _csv_rows(content)
    try:
        header = next(rows)
    except StopIteration:
        raise FileUnreadable("The file is empty: its first row names the columns.") from None
    columns = _columns(header[1])
    requests = [
        _request(number, dict(zip(columns, cells, strict=False)), default_account, confirm=confirm)
        for number, cells in rows
        if any(_text(cell) for cell in cells)
    ]
    if not requests:
        raise FileUnreadable("The file names its columns and has no rows.")
    return _together(requests)


def _columns(cells: Sequence[Any]) -> list[str]:
    names = [_column(_text(cell)) for cell in cells]
    unknown = [_text(cell) for cell, name in zip(cells, names, strict=True) if name and name not in _KNOWN]
    if unknown:
        raise FileUnreadable(
            f"Unknown columns: {', '.join(unknown[:10])}. Known are {', '.join(_KNOWN)}; take out what is not to be "
            "changed."
        )
    named = [name for name in names if name]
    repeated = sorted({name for name in named if named.count(name) > 1})
    if repeated:
        raise FileUnreadable(f"These columns are there twice: {', '.join(repeated)}.")
    if not {"emag_id", "part_number"} & set(named):
        raise FileUnreadable("No column names the offers: emag_id, or part_number, is needed in the first row.")
    if not {*FIELDS, STOCK_CHANGE} & set(named):
        raise FileUnreadable(f"No column holds values: one of {', '.join((*FIELDS, STOCK_CHANGE))} is needed.")
    return names


def _column(text: str) -> str:
    name = text.strip().lower().translate(_PLAIN_LETTERS)
    return _SYNONYMS.get(name, _SYNONYMS.get(name.replace("_", " "), name.replace(" ", "_")))


def _request(number: int, cells: Mapping[str, Any], default_account: str | None, *, confirm: bool) -> ChangeRequest:
    texts = {name: _text(cell) for name, cell in cells.items() if name}
    errors: list[Issue] = []

    def number_in(name: str, most: int) -> int | None:
        if not texts.get(name):
            return None
        try:
            return whole(texts[name], 1, most)
        except Unreadable as error:
            errors.append(Issue(name, error.code, str(error)))
            return None

    emag_id = number_in("emag_id", _LARGEST_ID)
    return ChangeRequest(
        given={name: texts[name] for name in (*FIELDS, STOCK_CHANGE) if texts.get(name)},
        account=(texts.get("account") or default_account or "").lower(),
        emag_id=emag_id,
        part_number=texts.get("part_number") or None,
        row=number,
        currency=texts.get("currency") or None,
        warehouse_id=number_in("warehouse_id", _LARGEST_ID),
        version=texts.get("version") or None,
        confirm=confirm,
        errors=tuple(errors),
    )


def _together(requests: Iterable[ChangeRequest]) -> list[ChangeRequest]:
    """One request for each offer: rows that name a warehouse are combined, in the place of the first."""
    found: dict[tuple[str, int | None, str | None], ChangeRequest] = {}
    others: list[ChangeRequest] = []
    for request in requests:
        key = (request.account, request.emag_id, None if request.emag_id else request.part_number)
        first = found.get(key)
        if first is None:
            found[key] = _by_warehouse(request)
        elif request.warehouse_id is None or first.warehouse_id is None:
            others.append(request)
        else:
            found[key] = _joined(first, _by_warehouse(request))
    return sorted([*found.values(), *others], key=lambda request: request.row)


def _by_warehouse(request: ChangeRequest) -> ChangeRequest:
    warehouse = request.warehouse_id
    if warehouse is None:
        return request
    given: dict[str, Any] = {}
    for name, value in request.given.items():
        word = "change" if name == STOCK_CHANGE else "value"
        is_level = name in BY_WAREHOUSE or name == STOCK_CHANGE
        given[name] = [{"warehouse_id": warehouse, word: value}] if is_level else value
    return replace(request, given=given)


def _joined(first: ChangeRequest, second: ChangeRequest) -> ChangeRequest:
    given = dict(first.given)
    errors = [*first.errors, *second.errors]
    for name, value in second.given.items():
        if isinstance(value, list):
            given[name] = [*given.get(name, ()), *value]
        elif given.setdefault(name, value) != value:
            errors.append(Issue(name, "given_twice", f"row {second.row} gives another value"))
    return replace(first, given=given, errors=tuple(errors))


def _text(cell: object) -> str:
    """The cell's text; of a number, its digits."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal | int) and not isinstance(cell, bool):
        return format(cell, "f") if isinstance(cell, Decimal) else str(cell)
    return str(cell).strip().removeprefix("'")


def _csv_rows(content: bytes) -> Iterator[tuple[int, Sequence[Any]]]:
    text = _decoded(content)
    first = text.split("\n", 1)[0]
    delimiter = max(";\t,", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield from _counted(reader)
    except csv.Error as error:
        raise FileUnreadable(f"Row {reader.line_num} is not CSV: {error}.") from error


def _decoded(content: bytes) -> str:
    marked = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    # Spreadsheet programs still write the last one in this part of the world.
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1250"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise FileUnreadable("The file is neither XLSX nor CSV text in UTF-8.")


def _xlsx_rows(content: bytes) -> Iterator[tuple[int, Sequence[Any]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > _MOST_UNPACKED:
                raise FileUnreadable("The file is too large when unpacked: save only the rows to be changed.")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        yield from _counted([_cell(cell) for cell in row] for row in sheet.iter_rows(values_only=True))
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError, SyntaxError) as error:
        raise FileUnreadable("The file cannot be read as XLSX: save it anew as .xlsx, or as CSV.") from error


def _cell(value: object) -> object:
    """The cell's value. XLSX holds numbers as binary fractions, whose shortest spelling is what the person typed."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else Decimal(repr(value))
    return value


def _counted(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[int, Sequence[Any]]]:
    """The rows with their numbers, from the first one that is not empty. Raises FileUnreadable for too many."""
    filled = 0
    for number, cells in enumerate(rows, start=1):
        if len(cells) > _MOST_COLUMNS:
            raise FileUnreadable(f"Row {number} has {len(cells)} columns: at most {_MOST_COLUMNS} make sense here.")
        filled += any(_text(cell) for cell in cells)
        if filled > MOST_ROWS + 1:
            raise FileUnreadable(f"The file has more than {MOST_ROWS} rows: split it.")
        if filled:
            yield number, cells
