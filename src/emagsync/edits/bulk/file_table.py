"""A file of edits as cells, whatever its format: what `csv_table` and `workbook` make, and `file_import` reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain, islice
from typing import Final, NamedTuple

from emagsync.core.usable_texts import is_usable, usable
from emagsync.edits.bulk.file_limits import LAST_COLUMN, MOST_COLUMNS, MOST_FILLED_ROWS
from emagsync.edits.bulk.number_formats import Kind
from emagsync.edits.errors import FileUnreadable

# Of a table that does not name its columns, so many rows tell how many there are.
MOST_ROWS_LOOKED_AT: Final = 100


class Cell(NamedTuple):
    """What a cell shows, and how that came about.

    `text` is what is shown, without blanks around it. Of a cell that holds a number (in XLSX) `number` is that, to 15
    digits, and `kind`, `shown` and `is_local` are what its format makes of it: see `number_formats.Shown`. `fault` is
    the code of what makes the cell unreadable. `is_loose`: a text of CSV, which may have been another one before a
    spreadsheet program took it for a number and dropped its zeros. `is_several`: it is made of values that stand apart
    in the file, as those of one path in JSON and XML do.
    """

    text: str
    number: Decimal | None = None
    kind: Kind = Kind.PLAIN
    shown: Decimal | None = None
    is_local: bool = False
    fault: str | None = None
    is_loose: bool = False
    is_several: bool = False

    @property
    def is_filled(self) -> bool:
        """Whether there is anything in it, shown or not."""
        return bool(self.text) or self.number is not None or self.fault is not None


class Row(NamedTuple):
    """A row with its number in the file, and its filled cells by column, the first of each being 1."""

    number: int
    cells: Mapping[int, Cell]
    is_hidden: bool = False


@dataclass
class Table:
    """The rows of a file that are not empty, to be read once, from the one that names the columns on.

    `hidden_columns` and `sheet` are those of XLSX, `other_sheets` the names of those that are shown and not read. They
    are complete when the first row has been read. `rows_above` counts filled rows above the one that names the columns.
    `encoding` and `separator` are those of CSV. `row_path` is where the rows of a tree (JSON, XML) stand: their values
    are named by it, as in `products/product[3]/price`.
    """

    rows: Iterator[Row]
    sheet: str | None = None
    other_sheets: tuple[str, ...] = ()
    rows_above: int = 0
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    encoding: str | None = None
    separator: str | None = None
    row_path: str | None = None

    def place(self, heading: str, column: int, row: int) -> str:
        """The name of a cell: `D2`, or the path of a value."""
        if self.row_path is None:
            return cell_name(column, row)
        return f"{self.row_path}[{row}]/{heading}"

    def hides(self, column: int) -> bool:
        """Whether the column is hidden."""
        return any(first <= column <= last for first, last in self.hidden_columns)


def lettered(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows of a table that does not name its columns, below one that does so by their letters."""
    first = list(islice(rows, MOST_ROWS_LOOKED_AT))
    width = max((max(row.cells) for row in first if row.cells), default=0)
    yield Row(0, {column: Cell(column_name(column)) for column in range(1, width + 1)})
    yield from chain(first, rows)


def filled(rows: Iterable[Row], most_rows: int = MOST_FILLED_ROWS) -> Iterator[Row]:
    """The rows with something in them. Raises FileUnreadable for more rows or columns than a table of edits has."""
    count = 0
    for row in rows:
        if not row.cells:
            continue
        count += 1
        if count > most_rows + 1:
            raise FileUnreadable("too_many_rows", most=most_rows)
        if len(row.cells) > MOST_COLUMNS:
            raise FileUnreadable("too_many_columns", row=row.number, most=MOST_COLUMNS)
        yield _usable(row)


def _usable(row: Row) -> Row:
    """The row, without what no database takes; a cell that held such is not read."""
    if all(is_usable(cell.text) for cell in row.cells.values()):
        return row
    cells = {
        column: cell if is_usable(cell.text) else Cell(usable(cell.text), fault="text_unusable")
        for column, cell in row.cells.items()
    }
    return row._replace(cells=cells)


def cell_name(column: int, row: int) -> str:
    """The name of a cell as spreadsheet programs show it, such as `D2`; CSV's cells are named so too."""
    return f"{column_name(column)}{row}"


def column_name(column: int) -> str:
    """`A` for 1, `AA` for 27."""
    letters = ""
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def column_number(letters: str) -> int:
    """1 for `A`, 27 for `AA`. Raises ValueError for what names no column."""
    number = 0
    if not 0 < len(letters) <= 3:
        raise ValueError(f"{letters[:10]!r} names no column")
    for letter in letters.upper():
        if not "A" <= letter <= "Z":
            raise ValueError(f"{letters!r} names no column")
        number = number * 26 + ord(letter) - ord("A") + 1
    if number > LAST_COLUMN:
        raise ValueError(f"{letters!r} is beyond the last column")
    return number
