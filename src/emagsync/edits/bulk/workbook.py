"""Reads the sheet of edits of an XLSX file: every cell as it is shown, and whether it is shown at all.

Our own reader, of the five parts that matter, because no library that we found tells all of it while it streams:
openpyxl's streaming mode drops what is hidden and invents rows up to any number, python-calamine has no number
formats and keeps everything in memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Final, NamedTuple

from emagsync.edits.bulk.file_limits import LAST_COLUMN, LAST_ROW, MOST_COLUMNS, MOST_FORMATS, MOST_SHEETS, MOST_STRINGS
from emagsync.edits.bulk.file_table import Cell, Row, Table, column_number, filled, lettered
from emagsync.edits.bulk.number_formats import DIGITS, GENERAL, Kind, built_in, show
from emagsync.edits.bulk.table_options import TableOptions
from emagsync.edits.bulk.workbook_parts import Attributes, PartReader, Parts, relations
from emagsync.edits.errors import FileUnreadable

_REFERENCE: Final = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", re.ASCII)
_WHOLE: Final = re.compile(r"[0-9]{1,10}", re.ASCII)
# How XLSX spells a character that XML cannot have (ST_Xstring).
_ESCAPE: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LARGEST: Final = Decimal(10) ** 30
_MOST_EXACT: Final = Decimal(10) ** DIGITS
_FALSE: Final = frozenset({"", "0", "false", "off"})


class _Sheet(NamedTuple):
    """A sheet that the workbook shows."""

    name: str
    part: str


def workbook_table(content: bytes, options: TableOptions | None = None) -> Table:
    """The table of the only sheet that is shown and has a row that names its columns.

    Where no sheet's is, the table of the only sheet with anything in it, whose headings are then found wanting. Raises
    FileUnreadable, also while the rows are read.
    """
    wanted = options or TableOptions()
    headings = wanted.headings
    book = _Workbook(Parts(content))
    tables: list[_Sheet] = []
    others: list[_Sheet] = []
    skipped: dict[_Sheet, int] = {}
    for sheet in book.sheets:
        header, above = headings.row_of(book.rows(sheet))
        if header is not None:
            skipped[sheet] = above if wanted.has_headings else 0
            is_table = headings.are([cell.text for cell in header.cells.values()])
            (tables if is_table else others).append(sheet)
    if len(tables) > 1 or (not tables and len(others) > 1):
        reason = "several_tables" if tables else "no_table"
        raise FileUnreadable(reason, sheets=", ".join(sheet.name[:40] for sheet in (tables or others)[:10]))
    if not tables and not others:
        raise FileUnreadable("empty")
    chosen = (tables or others)[0]
    unread = tuple(sheet.name for sheet in others if sheet is not chosen)
    table = Table(iter(()), chosen.name, unread, skipped[chosen])
    rows = islice(book.rows(chosen, table.hidden_columns), table.rows_above, None)
    table.rows = filled(rows if wanted.has_headings else lettered(rows), wanted.most_rows)
    return table


class _Workbook:
    """What the sheets of a file share: their names, strings and number formats."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        part = next((target for _, kind, target in relations(parts, "") if kind == "officeDocument"), "xl/workbook.xml")
        within = relations(parts, part)
        targets = {identity: target for identity, kind, target in within if kind == "worksheet"}
        sheets = _Sheets(parts, part)
        sheets.read()
        self.sheets = [_Sheet(name, targets[identity]) for name, identity in sheets.shown if identity in targets]
        self._strings = next((target for _, kind, target in within if kind == "sharedStrings"), None)
        self._styles = next((target for _, kind, target in within if kind == "styles"), None)
        self._shared: list[str] | None = None
        self._formats: list[str] | None = None

    def rows(self, sheet: _Sheet, hidden_columns: list[tuple[int, int]] | None = None) -> Iterator[Row]:
        """The rows of a sheet that are not empty; `hidden_columns` gets the stretches of columns that are hidden."""
        if self._shared is None or self._formats is None:
            self._shared = _read_strings(self._parts, self._strings)
            self._formats = _read_formats(self._parts, self._styles)
        reader = _Rows(self._parts, sheet.part, self._shared, self._formats)
        for _ in reader.steps():
            if hidden_columns is not None and reader.hidden_columns:
                hidden_columns += reader.hidden_columns
                reader.hidden_columns = []
            yield from reader.done
            reader.done = []


class _Sheets(PartReader):
    """The names and ids of the sheets that are shown, in their order."""

    def __init__(self, parts: Parts, name: str) -> None:
        super().__init__(parts, name)
        self.shown: list[tuple[str, str]] = []

    def on_start(self, name: str, attributes: Attributes) -> None:
        if name != "sheet" or attributes.get("state", "visible") != "visible":
            return
        if len(self.shown) == MOST_SHEETS:
            raise FileUnreadable("too_many_sheets", most=MOST_SHEETS)
        identity = next((value for key, value in attributes.items() if key.endswith(" id")), "")
        self.shown.append((attributes.get("name", ""), identity))


class _Strings(PartReader):
    """The shared strings. Of a text with several looks all runs, without how it is pronounced."""

    def __init__(self, parts: Parts, name: str) -> None:
        super().__init__(parts, name)
        self.found: list[str] = []
        self._text = _RichText()

    def on_start(self, name: str, attributes: Attributes) -> None:
        self._text.start(name)

    def on_end(self, name: str) -> None:
        self._text.end(name)
        if name == "si":
            if len(self.found) == MOST_STRINGS:
                raise FileUnreadable("too_many_strings", most=MOST_STRINGS)
            self.found.append(self._text.take())

    def on_text(self, text: str) -> None:
        self._text.add(text)


class _RichText:
    """Gathers the text of a string item (CT_Rst): that of its `t`, but for those that spell a pronunciation."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._is_open = False
        self._phonetic = 0

    def start(self, name: str) -> None:
        """An element begins."""
        self._phonetic += name == "rPh"
        self._is_open = name == "t" and not self._phonetic

    def end(self, name: str) -> None:
        """An element ends."""
        self._phonetic -= name == "rPh"
        self._is_open = False

    def add(self, text: str) -> None:
        """Text of the element that began last."""
        if self._is_open:
            self._parts.append(text)

    def take(self) -> str:
        """The whole text; the next one begins."""
        text = "".join(self._parts)
        self._parts.clear()
        return _unescaped(text)


class _Formats(PartReader):
    """The number format code of each cell style (`cellXfs`)."""

    def __init__(self, parts: Parts, name: str) -> None:
        super().__init__(parts, name)
        self.found: list[str] = []
        self._codes: dict[int, str] = {}
        self._is_open = False

    def on_start(self, name: str, attributes: Attributes) -> None:
        if name == "numFmt":
            self._codes[_whole(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._is_open = True
        elif name == "xf" and self._is_open:
            number = _whole(attributes.get("numFmtId", "0"))
            self.found.append(self._codes.get(number, built_in(number)))
        if len(self.found) > MOST_FORMATS or len(self._codes) > MOST_FORMATS:
            raise FileUnreadable("too_many_elements")

    def on_end(self, name: str) -> None:
        self._is_open = self._is_open and name != "cellXfs"


class _Rows(PartReader):
    """The filled rows of a sheet. `done` has those that ended, for the caller to take."""

    def __init__(self, parts: Parts, name: str, strings: Sequence[str], formats: Sequence[str]) -> None:
        super().__init__(parts, name)
        self.done: list[Row] = []
        self.hidden_columns: list[tuple[int, int]] = []
        self._strings = strings
        self._formats = formats
        self._hides_rows = False
        self._row = 0
        self._is_hidden = False
        self._column = 0
        self._cells: dict[int, Cell] = {}
        self._kind = ""
        self._format = GENERAL
        self._has_formula = False
        self._has_value = False
        self._in_value = False
        self._value: list[str] = []
        self._inline = _RichText()

    def on_start(self, name: str, attributes: Attributes) -> None:
        self._in_value = False
        if name == "c":
            self._start_cell(attributes)
        elif name == "v":
            self._in_value = self._has_value = True
        elif name == "f":
            self._has_formula = True
        elif name == "row":
            self._start_row(attributes)
        elif name == "col":
            self._start_columns(attributes)
        elif name == "sheetFormatPr":
            self._hides_rows = _is_on(attributes.get("zeroHeight"))
        else:
            self._inline.start(name)

    def on_end(self, name: str) -> None:
        self._in_value = False
        if name == "c":
            self._end_cell()
        elif name == "row":
            if self._cells:
                self.done.append(Row(self._row, self._cells, self._is_hidden))
            self._cells = {}
        else:
            self._inline.end(name)

    def on_text(self, text: str) -> None:
        if self._in_value:
            self._value.append(text)
        else:
            self._inline.add(text)

    def _start_columns(self, attributes: Attributes) -> None:
        width = attributes.get("width")
        if _is_on(attributes.get("hidden")) or (width is not None and _is_nothing(width)):
            self.hidden_columns.append((_whole(attributes.get("min")), _whole(attributes.get("max"))))
            if len(self.hidden_columns) > LAST_COLUMN:
                raise FileUnreadable("damaged")

    def _start_row(self, attributes: Attributes) -> None:
        number = _whole(attributes["r"]) if "r" in attributes else self._row + 1
        # They ascend: a row that comes twice would be read as two offers, or as one of both.
        if not self._row < number <= LAST_ROW:
            raise FileUnreadable("bad_position", place=str(number))
        self._row, self._column = number, 0
        height = attributes.get("ht")
        hidden = attributes.get("hidden")
        self._is_hidden = (
            _is_on(hidden)
            or (height is not None and _is_nothing(height))
            or (self._hides_rows and hidden is None and height is None)
        )

    def _start_cell(self, attributes: Attributes) -> None:
        reference = attributes.get("r")
        column = self._column + 1 if reference is None else self._column_of(reference)
        if not self._column < column <= LAST_COLUMN:
            raise FileUnreadable("bad_position", place=(reference or str(column))[:20])
        self._column = column
        self._kind = attributes.get("t", "n")
        style = _whole(attributes.get("s", "0"))
        if self._formats:
            if style >= len(self._formats):
                raise FileUnreadable("damaged")
            self._format = self._formats[style]
        self._has_formula = self._has_value = False
        self._value.clear()
        self._inline.take()

    def _column_of(self, reference: str) -> int:
        match = _REFERENCE.fullmatch(reference)
        if match is None or int(match[2]) != self._row:
            raise FileUnreadable("bad_position", place=reference[:20])
        try:
            return column_number(match[1])
        except ValueError as error:
            raise FileUnreadable("bad_position", place=reference[:20]) from error

    def _end_cell(self) -> None:
        cell = self._cell("".join(self._value))
        if cell is not None and cell.is_filled:
            if len(self._cells) == MOST_COLUMNS:
                raise FileUnreadable("too_many_columns", row=self._row, most=MOST_COLUMNS)
            self._cells[self._column] = cell

    def _cell(self, value: str) -> Cell | None:
        if self._kind == "inlineStr":
            return Cell((self._inline.take() or _unescaped(value)).strip())
        if self._kind == "str":
            # A formula's empty text is a result; without any element for it there is none.
            lacks = self._has_formula and not self._has_value
            return Cell("", fault="formula_without_result") if lacks else Cell(_unescaped(value).strip())
        if not value.strip():
            # Excel works formulas out when it opens a file; a program that wrote one may not have.
            return Cell("", fault="formula_without_result") if self._has_formula else None
        if self._kind == "s":
            return Cell(self._shared(value))
        if self._kind == "b":
            return Cell("TRUE" if _is_on(value.strip()) else "FALSE", fault="truth_value")
        if self._kind == "e":
            return Cell(value.strip(), fault="error_value")
        if self._kind == "d":
            return Cell(value.strip(), kind=Kind.DATE, fault="shown_as_date")
        return _number_cell(value.strip(), self._format)

    def _shared(self, value: str) -> str:
        number = _whole(value.strip())
        if number >= len(self._strings):
            raise FileUnreadable("damaged")
        return self._strings[number].strip()


def _number_cell(value: str, code: str) -> Cell:
    if not _NUMBER.fullmatch(value):
        return Cell(value, fault="error_value")
    # The shortest spelling of the binary fraction is what somebody typed; of its digits a spreadsheet shows 15.
    number = _to_digits(Decimal(repr(float(value))))
    if abs(number) >= _LARGEST:
        return Cell(value, fault="error_value")
    if abs(number) >= _MOST_EXACT:
        return Cell(value, number, fault="too_many_digits")
    shown = show(number, code)
    if shown.kind is not Kind.PLAIN:
        return Cell(format(number, "f"), number, shown.kind, fault=f"shown_as_{shown.kind.value}")
    return Cell(shown.text, number, Kind.PLAIN, shown.number, shown.is_local)


def _to_digits(number: Decimal) -> Decimal:
    if not number.is_finite():
        return _LARGEST
    digits = len(number.as_tuple().digits)
    rounded = number if digits <= DIGITS else round(number, DIGITS - 1 - number.adjusted())
    return Decimal(format(rounded.normalize(), "f")) if abs(rounded) < _LARGEST else rounded


def _read_strings(parts: Parts, name: str | None) -> list[str]:
    if name is None or not parts.has(name):
        return []
    strings = _Strings(parts, name)
    strings.read()
    return strings.found


def _read_formats(parts: Parts, name: str | None) -> list[str]:
    if name is None or not parts.has(name):
        return []
    formats = _Formats(parts, name)
    formats.read()
    return formats.found


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "_x" in text else text


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    # Half of a pair is no character, and NUL is one that nothing can store.
    return "\N{REPLACEMENT CHARACTER}" if code == 0 or 0xD800 <= code <= 0xDFFF else chr(code)


def _whole(text: str | None) -> int:
    """A number that counts or refers to something. Raises FileUnreadable for anything else."""
    if text is None or not _WHOLE.fullmatch(text):
        raise FileUnreadable("damaged")
    return int(text)


def _is_on(text: str | None) -> bool:
    return (text or "").lower() not in _FALSE


def _is_nothing(size: str) -> bool:
    try:
        return float(size) == 0
    except ValueError:
        return False
