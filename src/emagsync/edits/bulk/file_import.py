"""Reads edits from a file that people make: CSV as spreadsheet programs write it, or XLSX.

A row names its offer by eMAG's id, part number, PNK or EAN, and holds the values to set; an empty cell leaves a value
as it is. Numbers are read as people write them (`core.written_numbers`). Several rows of one offer must be of different
warehouses. Every cell that is not empty is used, or reported, or stands under a heading that is listed as not read:
cells count as they are shown, and what is hidden needs a yes.

A file that we exported tells what each row was then (`offers.export_columns`): what was not touched changes nothing.

This runs in a process of its own: see `file_process`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from emagsync.core import money
from emagsync.core.decimal_marks import DecimalMark
from emagsync.core.written_numbers import mark_of_all, mark_of_locale
from emagsync.edits.bulk.cell_values import BY_LOCALE, NUMBERS, Meaning, as_shown, is_same, meaning_of
from emagsync.edits.bulk.columns import ABOUT, EANS, KEYS, VALUES, Headings, currency_named
from emagsync.edits.bulk.csv_table import csv_table
from emagsync.edits.bulk.file_limits import (
    MOST_CELL_CHARACTERS,
    MOST_FILE_BYTES,
    MOST_QUOTED_CHARACTERS,
)
from emagsync.edits.bulk.file_reading import FileNote, FileOptions, FileReading
from emagsync.edits.bulk.file_table import Cell, Row, Table
from emagsync.edits.bulk.workbook import workbook_table
from emagsync.edits.change_request import LARGEST_PRICE, STOCK_CHANGE, ChangeRequest, GivenCell, Unreadable, whole
from emagsync.edits.errors import FileUnreadable
from emagsync.edits.fields import BY_WAREHOUSE, PRICES
from emagsync.edits.part_numbers import is_shortened
from emagsync.edits.validation import Issue
from emagsync.offers.export_columns import EXPORTED, read_exported

_LARGEST_ID: Final = 2**31
_XLSX: Final = b"PK\x03\x04"
# Old workbooks, and new ones behind a password.
_COMPOUND_FILE: Final = b"\xd0\xcf\x11\xe0"
# So many cells of a row that stand under no heading are named.
_MOST_STRAYS: Final = 20
# All four decimals of a price, as our exports hold it.
_ALL_DECIMALS: Final = re.compile(r"[.,][0-9]{4}$")
# The decimal comma of a code that a spreadsheet has shortened; others stand between codes.
_COMMA_WITHIN: Final = re.compile(r"(?<=\b[0-9]),(?=[0-9]{1,14}[eE]\+?[0-9]{1,2}\b)")


def read_file(content: bytes, options: FileOptions) -> FileReading:
    """Parse a CSV or XLSX file into change requests, each with the errors of its row.

    Raises FileUnreadable, which says what to change, for a file that is no table of edits.
    """
    check_format(content)
    table = workbook_table(content) if is_workbook(content) else csv_table(content)
    header = next(table.rows, None)
    if header is None:
        raise FileUnreadable("empty")
    return read_table(table, header, Headings(), options)


def read_table(table: Table, header: Row, headings: Headings, options: FileOptions) -> FileReading:
    """Parse the rows of a table below `header` into change requests. Raises FileUnreadable."""
    columns, ignored = headings.columns_in(header)
    reader = _RowReader(header, columns, table, options)
    rows = [reader.of_interest(row) for row in table.rows]
    if not rows:
        raise FileUnreadable("no_rows")
    reader.learn(rows)
    # A row with nothing but columns that are not read says nothing.
    requests = [reader.request(row) for row in rows if row.cells]
    together = _together(requests)
    note = replace(
        reader.note(),
        ignored_columns=tuple(ignored),
        rows=len(rows),
        blank=len(rows) - len(requests),
        joined=len(requests) - len(together),
    )
    return FileReading(together, note)


def is_workbook(content: bytes) -> bool:
    """Whether the file is XLSX, as its first bytes say."""
    return content.startswith(_XLSX)


def check_format(content: bytes) -> None:
    """Raises FileUnreadable for what is too large, or in a format of tables that we do not read."""
    if len(content) > MOST_FILE_BYTES:
        raise FileUnreadable("too_large", most=MOST_FILE_BYTES)
    if content.startswith(_COMPOUND_FILE):
        raise FileUnreadable("old_workbook")
    if kind := _other_format(content):
        raise FileUnreadable("other_format", kind=kind)


def _other_format(content: bytes) -> str | None:
    """What the file is, where that is a format of tables that we do not read."""
    if content.startswith(_XLSX):
        # OpenDocument names its type in its first part, which is not packed (ODF 1.2 part 3, 3.3).
        if content[30:38] == b"mimetype" and b"opendocument" in content[38:100]:
            return "OpenDocument (.ods)"
        return "Excel (.xlsb)" if b"xl/workbook.bin" in content else None
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        return "HTML / XML"
    return "PDF" if content.startswith(b"%PDF") else None


class _RowReader:
    """Makes change requests of the rows below the headings."""

    def __init__(self, header: Row, columns: Mapping[int, str], table: Table, options: FileOptions) -> None:
        self._header = header
        self._columns = columns
        self._table = table
        self._options = options
        self._hidden_columns = {
            column: name for column, name in columns.items() if name != EXPORTED and table.hides(column)
        }
        self._hidden_rows = 0
        self._met_hidden: set[str] = set()
        self._mark: DecimalMark | None = None
        self._mark_by: str | None = None
        self._by_locale = 0
        self._ambiguous = 0
        self._is_as_shown = False
        self._currencies = {
            column: currency
            for column, name in columns.items()
            if name in PRICES and (currency := currency_named(header.cells[column].text)) is not None
        }

    def of_interest(self, row: Row) -> Row:
        """The row without the cells that are not read; of those under no heading some, which are reported."""
        cells = {column: cell for column, cell in row.cells.items() if column in self._columns}
        strays = [column for column in row.cells if column not in self._header.cells][:_MOST_STRAYS]
        return row._replace(cells=cells | {column: row.cells[column] for column in strays})

    def learn(self, rows: Collection[Row]) -> None:
        """Find out how the file writes decimals, from all its numbers that are text."""
        prices = {column for column, name in self._columns.items() if name in PRICES}
        # A workbook of ours that was saved as CSV has its prices as they were shown.
        self._is_as_shown = not any(
            _ALL_DECIMALS.search(cell.text) for row in rows for column, cell in row.cells.items() if column in prices
        )
        numbers = {column for column, name in self._columns.items() if name in NUMBERS}
        shown = mark_of_all(
            cell.text for row in rows for column, cell in row.cells.items() if column in numbers and cell.number is None
        )
        by = {"answer": self._options.decimal, "file": shown, "locale": mark_of_locale(self._options.locale)}
        self._mark_by = next((name for name, mark in by.items() if mark is not None), None)
        self._mark = by[self._mark_by] if self._mark_by else None

    def note(self) -> FileNote:
        """What the rows read so far make known about the file."""
        return FileNote(
            hidden_rows=self._hidden_rows,
            hidden_columns=tuple(name for name in self._hidden_columns.values() if name in self._met_hidden),
            sheet=self._table.sheet,
            other_sheets=self._table.other_sheets,
            rows_above=self._table.rows_above,
            decimal=self._mark,
            decimal_by=self._mark_by,
            by_locale=self._by_locale,
            ambiguous=self._ambiguous,
        )

    def request(self, row: Row) -> ChangeRequest:
        """The request of a row, with all that is wrong with its cells."""
        errors: list[Issue] = []
        doubts: list[Issue] = []
        about: dict[str, str] = {}
        meant: list[Meaning] = []
        cells: list[GivenCell] = []
        is_exported = any(read_exported(cell.text) for cell in self._cells_of(row, EXPORTED))
        is_named = any(self._cells_of(row, key) for key in KEYS if key != EANS)
        for column, cell in sorted(row.cells.items()):
            place = self._place(column, row)
            name = self._columns.get(column)
            if name is None:
                errors.append(_stray(place, cell))
                continue
            faults, asked = _judged(name, place, cell, is_exported=is_exported)
            faults = faults or _shortened(name, place, cell, is_named=is_named)
            meaning = Meaning(name, _text(name, cell))
            if not faults:
                meaning = self._meaning(column, cell, meaning.text, place)
                faults = [meaning.issue] if meaning.issue else []
            errors += faults
            doubts += asked
            if name in VALUES:
                meant += [] if faults else [meaning]
            elif not faults or name not in KEYS:
                about[name] = meaning.text
            cells.append(self._given(column, place, cell, meaning, is_wrong=bool(faults)))
        self._by_locale += sum(BY_LOCALE in meaning.notes for meaning in meant) if self._mark_by == "locale" else 0
        self._ambiguous += sum(issue.code == "ambiguous_amount" for issue in errors)
        made = self._request(row, about, meant, errors)
        return replace(
            made,
            doubts=(*self._unseen(row), *doubts),
            is_unseen=self._is_unseen(row),
            cells=tuple(cells),
        )

    def _meaning(self, column: int, cell: Cell, text: str, place: str) -> Meaning:
        name = self._columns[column]
        meaning = meaning_of(name, cell, text, place, self._mark)
        if name not in PRICES:
            return meaning
        currency = self._currencies.get(column)
        if currency is not None and meaning.currency not in (None, currency):
            message = f"{_quoted(cell.text)} in {place} is in {meaning.currency}, its heading names {currency}"
            return meaning._replace(issue=Issue(name, "several_currencies", message))
        is_rounded = self._is_as_shown and cell.number is None
        return meaning._replace(currency=currency or meaning.currency, is_rounded=is_rounded)

    def _place(self, column: int, row: Row) -> str:
        heading = self._header.cells.get(column)
        return self._table.place("" if heading is None else heading.text, column, row.number)

    def _given(self, column: int, place: str, cell: Cell, meaning: Meaning, *, is_wrong: bool) -> GivenCell:
        heading = " ".join(self._header.cells[column].text.split())
        value = None if is_wrong else meaning.text
        text = (cell.text or meaning.text)[:MOST_CELL_CHARACTERS]
        return GivenCell(place, heading[:MOST_CELL_CHARACTERS], meaning.field, text, value, meaning.notes)

    def _request(
        self, row: Row, about: Mapping[str, str], meant: Sequence[Meaning], errors: list[Issue]
    ) -> ChangeRequest:
        wrong = {issue.field for issue in errors}

        def number_in(name: str) -> int | None:
            if not about.get(name) or name in wrong:
                return None
            try:
                return whole(about[name], 1, _LARGEST_ID)
            except Unreadable as error:
                errors.append(Issue(name, error.code, str(error), error.values))
                return None

        emag_id, warehouse_id = number_in("emag_id"), number_in("warehouse_id")
        exported = self._exported(about.get(EXPORTED), emag_id, errors) if warehouse_id is None else {}
        given, twice = _given_values(meant, exported)
        errors += [Issue(name, "given_twice", "is given twice") for name in twice]
        loose = [cell.is_loose or cell.number is not None for cell in self._cells_of(row, "part_number")]
        return ChangeRequest(
            given=given,
            account=(about.get("account") or self._options.default_account or "").lower(),
            emag_id=emag_id,
            part_number=about.get("part_number") or None,
            part_number_key=about.get("part_number_key") or None,
            eans=_eans_in(about.get(EANS, "")),
            row=row.number,
            currency=_currency(about.get("currency"), meant, errors),
            warehouse_id=warehouse_id,
            version=about.get("version") or None,
            confirm=self._options.confirm,
            errors=tuple(errors),
            is_loose=any(loose),
            exported={name: value for name, value in exported.items() if name in given},
        )

    def _exported(self, text: str | None, emag_id: int | None, errors: list[Issue]) -> Mapping[str, str]:
        """The values that the row was exported with; none where it does not say so."""
        found = read_exported(text) if text else None
        if found is None:
            return {}
        exported_id, values = found
        if emag_id is not None and emag_id != exported_id:
            message = f"the row was exported for offer {exported_id}, and names {emag_id}: its cells are mixed up"
            errors.append(Issue("emag_id", "row_mixed_up", message, {"exported": str(exported_id)}))
        return values

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


def _given_values(meant: Sequence[Meaning], exported: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The values by field that differ from the exported ones, and the fields that are given twice."""
    given: dict[str, str] = {}
    twice: list[str] = []
    for meaning in meant:
        if not meaning.text or is_same(meaning, exported.get(meaning.field, "")):
            continue
        if meaning.field in given:
            twice.append(meaning.field)
        given[meaning.field] = meaning.text
    return given, twice


def _currency(named: str | None, meant: Sequence[Meaning], errors: list[Issue]) -> str | None:
    """What the row's amounts are in: by its own column, or as it is written beside them."""
    beside = {meaning.currency for meaning in meant if meaning.currency is not None}
    if len(beside | ({named.upper()} if named and beside else set())) > 1:
        errors.append(Issue("currency", "several_currencies", "the row names several currencies"))
    return named or next(iter(sorted(beside)), None)


def _stray(place: str, cell: Cell) -> Issue:
    message = f"{_quoted(cell.text)} stands in {place}, under no heading: name its column, or clear the cell"
    return Issue(place, "no_heading", message)


def _judged(name: str, place: str, cell: Cell, *, is_exported: bool) -> tuple[list[Issue], list[Issue]]:
    """What is wrong with a cell of the column `name`, and what is doubtful about it; `is_exported`: we made its row."""
    if cell.fault is not None:
        return [Issue(name, cell.fault, f"{place} {_FAULTS[cell.fault]}")], []
    if cell.is_several and name != EANS:
        # Side by side they read like one: a price of 1 and one of 234 like 1 234.
        return [Issue(name, "several_values", f"{place} holds several values: {_quoted(cell.text)}")], []
    if len(cell.text) > MOST_CELL_CHARACTERS:
        return [Issue(name, "cell_too_long", f"{place} has more than {MOST_CELL_CHARACTERS} characters")], []
    if cell.number is None or (cell.shown == cell.number and not (name in ABOUT and cell.is_local)):
        return [], []
    if name in PRICES and cell.shown is not None and _to_scale(cell.shown) == _to_scale(cell.number):
        # A formula's result has more digits than are shown, and than a price has.
        return [], []
    if name in PRICES and is_exported and _is_rounded(cell):
        # It is our number format that shows two decimals of four.
        return [], []
    message = f"{place} holds {cell.number:f} and shows {_quoted(cell.text)}"
    if name in ABOUT and not _reads_digits(cell):
        return [Issue(name, "shown_differently", f"{message}: give the column the number format 0, or Text")], []
    return [], ([] if name in ABOUT else [Issue(name, "shown_differently", message)])


def _shortened(name: str, place: str, cell: Cell, *, is_named: bool) -> list[Issue]:
    """What is wrong with an EAN whose last digits a spreadsheet has dropped: it names no offer. Beside another code of
    the offer it is only compared with the offer's."""
    if name != EANS or is_named or not any(map(is_shortened, _eans_in(cell.text))):
        return []
    return [Issue(name, "shown_as_exponent", f"{place} {_FAULTS['shown_as_exponent']}")]


def _eans_in(text: str) -> tuple[str, ...]:
    return tuple(_COMMA_WITHIN.sub(".", text).replace(",", " ").replace(";", " ").split())


def _to_scale(number: Decimal) -> Decimal:
    return round(number, money.SCALE) if abs(number) < LARGEST_PRICE else number


def _is_rounded(cell: Cell) -> bool:
    """Whether a cell shows its number rounded to two decimals."""
    if cell.number is None or cell.shown is None or abs(cell.number) >= LARGEST_PRICE:
        return False
    return as_shown(cell.number) == cell.shown


def _reads_digits(cell: Cell) -> bool:
    """Whether what a numeric cell shows is all digits of its number, put in words or not, such as `AB-00123`."""
    digits = "".join(letter for letter in cell.text if letter.isdigit())
    return (
        bool(digits)
        and not cell.is_local
        and cell.number is not None
        and digits.lstrip("0") == f"{abs(cell.number):f}".lstrip("0")
    )


_FAULTS: Final[Mapping[str, str]] = {
    "formula_without_result": "has a formula without its result: open and save the file in a spreadsheet program",
    "error_value": "holds an error instead of a value",
    "too_many_digits": "holds a number of more than 15 digits, the last of which a spreadsheet loses: give it as text",
    "truth_value": "holds TRUE or FALSE: write the value",
    "text_unusable": "holds a NUL character or half of a surrogate pair: write the text without",
    "shown_as_date": "is shown as a date: give it the number format 0, or Text",
    "shown_as_percent": "is shown as a percentage: give it the number format 0, or Text",
    "shown_as_exponent": "is shown with an exponent: give it the number format 0, or Text, and check its digits",
    "shown_as_unknown": "has a number format that cannot be read: give it the number format 0, or Text",
}


def _text(name: str, cell: Cell) -> str:
    """What a cell says: values of a number by its digits, all else as it is shown.

    Without the apostrophe by which people, and our exports, keep a spreadsheet from reading a text as anything else.
    """
    if cell.number is not None and name not in ABOUT:
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
        name = request.part_number or request.part_number_key or " ".join(request.eans) or None
        key = (request.account, request.emag_id, None if request.emag_id else name)
        first = found.get(key)
        if request.emag_id is None and name is None:
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
        cells=(*first.cells, *second.cells),
    )


def _given_twice(name: str, second: ChangeRequest) -> Issue:
    return Issue(name, "given_twice", f"row {second.row} gives another value")
