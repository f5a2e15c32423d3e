"""Reads edits from a file that people make: CSV as spreadsheet programs write it, or XLSX.

A row names its offer by eMAG's id or by part number, and holds the values to set; an empty cell leaves a value as it
is. A price may have a decimal comma where nothing else can be meant. Several rows of one offer must be of different
warehouses. Every cell that is not empty is used, or reported: cells count as they are shown, and what is hidden needs
a yes.

This runs in a process of its own: see `file_process`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from emagsync.edits.bulk.csv_table import csv_table
from emagsync.edits.bulk.file_limits import MOST_CELL_CHARACTERS, MOST_FILE_BYTES, MOST_QUOTED_CHARACTERS
from emagsync.edits.bulk.file_reading import FileNote, FileOptions, FileReading
from emagsync.edits.bulk.file_table import Cell, Row, Table, cell_name
from emagsync.edits.bulk.workbook import workbook_table
from emagsync.edits.change_request import STOCK_CHANGE, ChangeRequest, Unreadable, whole
from emagsync.edits.errors import FileUnreadable
from emagsync.edits.fields import BY_WAREHOUSE, FIELDS, PRICES
from emagsync.edits.validation import Issue

_LARGEST_ID: Final = 2**31
_XLSX: Final = b"PK\x03\x04"
# Old workbooks, and new ones behind a password.
_COMPOUND_FILE: Final = b"\xd0\xcf\x11\xe0"

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
_VALUES: Final = (*FIELDS, STOCK_CHANGE)
_KNOWN: Final = (*_ABOUT, *_VALUES)
_PLAIN_LETTERS: Final = str.maketrans("ăâîșşțţ", "aaisstt")
# `1.234` is 1234 to who writes a point between thousands, and 1.234 to who writes it before decimals.
_AMBIGUOUS: Final = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}", re.ASCII)


def read_file(content: bytes, options: FileOptions) -> FileReading:
    """Parse a CSV or XLSX file into change requests, each with the errors of its row.

    Raises FileUnreadable, which says what to change, for a file that is no table of edits.
    """
    if len(content) > MOST_FILE_BYTES:
        raise FileUnreadable("too_large", most=MOST_FILE_BYTES)
    if content.startswith(_COMPOUND_FILE):
        raise FileUnreadable("old_workbook")
    table = workbook_table(content, _is_table) if content.startswith(_XLSX) else csv_table(content, _known_headings)
    header = next(table.rows, None)
    if header is None:
        raise FileUnreadable("empty")
    reader = _RowReader(_columns(header), table, options)
    requests = [reader.request(row) for row in table.rows]
    if not requests:
        raise FileUnreadable("no_rows")
    return FileReading(_together(requests), reader.note())


def _columns(header: Row) -> dict[int, str]:
    """The columns by their place. Raises FileUnreadable."""
    names = {column: _column(cell.text) for column, cell in header.cells.items()}
    unknown = [_quoted(header.cells[column].text) for column, name in names.items() if name not in _KNOWN]
    if unknown:
        raise FileUnreadable("unknown_columns", columns=", ".join(unknown[:10]), known=", ".join(_KNOWN))
    named = list(names.values())
    repeated = sorted({name for name in named if named.count(name) > 1})
    if repeated:
        raise FileUnreadable("repeated_columns", columns=", ".join(repeated))
    if not {"emag_id", "part_number"} & set(named):
        raise FileUnreadable("no_key_column")
    if not set(_VALUES) & set(named):
        raise FileUnreadable("no_value_column", known=", ".join(_VALUES))
    return names


def _is_table(headings: Sequence[str]) -> bool:
    """Whether these headings are those of a table of edits, be there others or not."""
    names = {_column(heading) for heading in headings}
    return bool(names & {"emag_id", "part_number"}) and bool(names & set(_VALUES))


def _known_headings(headings: Sequence[str]) -> int:
    return sum(_column(heading) in _KNOWN for heading in headings)


def _column(heading: str) -> str:
    """The column that a heading names: however it is composed and broken into lines, with a colon after it or not."""
    text = " ".join(unicodedata.normalize("NFKC", heading).split())
    name = text.removesuffix(":").rstrip().lower().translate(_PLAIN_LETTERS)
    return _SYNONYMS.get(name, _SYNONYMS.get(name.replace("_", " "), name.replace(" ", "_")))


class _RowReader:
    """Makes change requests of the rows below the headings."""

    def __init__(self, columns: Mapping[int, str], table: Table, options: FileOptions) -> None:
        self._columns = columns
        self._table = table
        self._options = options
        self._hidden_columns = {column: name for column, name in columns.items() if table.hides(column)}
        self._hidden_rows = 0
        self._met_hidden: set[str] = set()

    def note(self) -> FileNote:
        """What the rows read so far make known about the file."""
        return FileNote(
            hidden_rows=self._hidden_rows,
            hidden_columns=tuple(name for name in self._hidden_columns.values() if name in self._met_hidden),
            sheet=self._table.sheet,
            other_sheets=self._table.other_sheets,
        )

    def request(self, row: Row) -> ChangeRequest:
        """The request of a row, with all that is wrong with its cells."""
        errors: list[Issue] = []
        doubts: list[Issue] = []
        texts: dict[str, str] = {}
        for column, cell in sorted(row.cells.items()):
            name = self._columns.get(column)
            place = cell_name(column, row.number)
            if name is None:
                errors.append(_stray(place, cell))
                continue
            faults, asked = _judged(name, place, cell)
            errors += faults
            doubts += asked
            texts[name] = _text(name, cell)
        return replace(
            self._request(row, texts, errors), doubts=(*self._unseen(row), *doubts), is_unseen=self._is_unseen(row)
        )

    def _request(self, row: Row, texts: Mapping[str, str], errors: list[Issue]) -> ChangeRequest:
        wrong = {issue.field for issue in errors}

        def number_in(name: str, most: int) -> int | None:
            if not texts.get(name) or name in wrong:
                return None
            try:
                return whole(texts[name], 1, most)
            except Unreadable as error:
                errors.append(Issue(name, error.code, str(error)))
                return None

        loose = [cell.is_loose or cell.number is not None for cell in self._cells_of(row, "part_number")]
        return ChangeRequest(
            given={name: texts[name] for name in _VALUES if texts.get(name) and name not in wrong},
            account=(texts.get("account") or self._options.default_account or "").lower(),
            emag_id=number_in("emag_id", _LARGEST_ID),
            part_number=None if "part_number" in wrong else texts.get("part_number") or None,
            row=row.number,
            currency=texts.get("currency") or None,
            warehouse_id=number_in("warehouse_id", _LARGEST_ID),
            version=texts.get("version") or None,
            confirm=self._options.confirm,
            errors=tuple(errors),
            is_loose=any(loose),
        )

    def _cells_of(self, row: Row, name: str) -> list[Cell]:
        return [cell for column, cell in row.cells.items() if self._columns.get(column) == name]

    def _hidden_in(self, row: Row) -> list[str]:
        return [name for column, name in self._hidden_columns.items() if column in row.cells]

    def _is_unseen(self, row: Row) -> bool:
        hidden = self._hidden_in(row)
        self._met_hidden.update(hidden)
        self._hidden_rows += row.is_hidden
        return (row.is_hidden or bool(hidden)) and not self._options.include_hidden

    def _unseen(self, row: Row) -> list[Issue]:
        if self._options.include_hidden:
            return []
        issues = [Issue(name, "hidden_column", "the column is hidden in the file") for name in self._hidden_in(row)]
        if row.is_hidden:
            issues.append(Issue("row", "hidden_row", "the row is hidden in the file, by a filter or by hand"))
        return issues


def _stray(place: str, cell: Cell) -> Issue:
    message = f"{_quoted(cell.text)} stands in {place}, under no heading: name its column, or clear the cell"
    return Issue(place, "no_heading", message)


def _judged(name: str, place: str, cell: Cell) -> tuple[list[Issue], list[Issue]]:
    """What is wrong with a cell of the column `name`, and what is doubtful about it."""
    if cell.fault is not None:
        return [Issue(name, cell.fault, f"{place} {_FAULTS[cell.fault]}")], []
    if len(cell.text) > MOST_CELL_CHARACTERS:
        return [Issue(name, "cell_too_long", f"{place} has more than {MOST_CELL_CHARACTERS} characters")], []
    if cell.number is None:
        if name in PRICES and _AMBIGUOUS.fullmatch(cell.text):
            message = f"{cell.text!r} in {place}: write the amount with two or four decimals, as 1234.50"
            return [Issue(name, "ambiguous_amount", message)], []
        return [], []
    if cell.shown == cell.number and not (name in _ABOUT and cell.is_local):
        return [], []
    message = f"{place} holds {cell.number:f} and shows {_quoted(cell.text)}"
    if name in _ABOUT and not _reads_digits(cell):
        return [Issue(name, "shown_differently", f"{message}: give the column the number format 0, or Text")], []
    return [], ([] if name in _ABOUT else [Issue(name, "shown_differently", message)])


def _reads_digits(cell: Cell) -> bool:
    """Whether what a numeric cell shows is all digits of its number, put in words or not, such as `AB-00123`."""
    digits = "".join(letter for letter in cell.text if letter.isdigit())
    return not cell.is_local and cell.number is not None and digits.lstrip("0") == f"{abs(cell.number):f}".lstrip("0")


_FAULTS: Final[Mapping[str, str]] = {
    "formula_without_result": "has a formula without its result: open and save the file in a spreadsheet program",
    "error_value": "holds an error instead of a value",
    "too_many_digits": "holds a number of more than 15 digits, the last of which a spreadsheet loses: give it as text",
    "truth_value": "holds TRUE or FALSE: write the value",
    "shown_as_date": "is shown as a date: give it the number format 0, or Text",
    "shown_as_percent": "is shown as a percentage: give it the number format 0, or Text",
    "shown_as_exponent": "is shown with an exponent: give it the number format 0, or Text, and check its digits",
    "shown_as_unknown": "has a number format that cannot be read: give it the number format 0, or Text",
}


def _text(name: str, cell: Cell) -> str:
    """What a cell says: values of a number by its digits, all else as it is shown.

    Without the apostrophe by which people, and our exports, keep a spreadsheet from reading a text as anything else.
    """
    if cell.number is not None and name not in _ABOUT:
        return format(cell.number, "f")
    text = cell.text[:MOST_CELL_CHARACTERS]
    return text[1:] if len(text) > 1 and text[0] == "'" else text


def _quoted(text: str) -> str:
    short = text if len(text) <= MOST_QUOTED_CHARACTERS else f"{text[:MOST_QUOTED_CHARACTERS]}…"
    return repr(short) if not short.isprintable() else f"'{short}'"


def _together(requests: Iterable[ChangeRequest]) -> list[ChangeRequest]:
    """One request for each offer: rows that name a warehouse are combined, in the place of the first."""
    found: dict[tuple[str, int | None, str | None], ChangeRequest] = {}
    others: list[ChangeRequest] = []
    for request in requests:
        key = (request.account, request.emag_id, None if request.emag_id else request.part_number)
        first = found.get(key)
        if request.emag_id is None and request.part_number is None:
            others.append(request)
        elif first is None:
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
            errors.append(_given_twice(name, second))
    for name in ("part_number", "currency", "version"):
        one, other = getattr(first, name), getattr(second, name)
        if one and other and one != other:
            errors.append(_given_twice(name, second))
    return replace(
        first,
        part_number=first.part_number or second.part_number,
        currency=first.currency or second.currency,
        version=first.version or second.version,
        given=given,
        errors=tuple(errors),
        doubts=(*first.doubts, *second.doubts),
        is_loose=first.is_loose or second.is_loose,
        is_unseen=first.is_unseen or second.is_unseen,
    )


def _given_twice(name: str, second: ChangeRequest) -> Issue:
    return Issue(name, "given_twice", f"row {second.row} gives another value")
