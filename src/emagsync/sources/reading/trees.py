"""What JSON and XML share: the values of a row by their paths become the cells of a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from emagsync.edits.bulk.file_limits import MOST_COLUMNS
from emagsync.edits.bulk.file_table import Cell, Row
from emagsync.edits.errors import FileUnreadable


def heading_row(rows: Iterable[Sequence[tuple[str, Cell]]]) -> tuple[Row, Mapping[str, int]]:
    """The row that names the columns, the paths in the order in which they come, and the columns by path.

    Raises FileUnreadable for more than a table has.
    """
    columns: dict[str, int] = {}
    for number, cells in enumerate(rows, start=1):
        for path, _ in cells:
            columns.setdefault(path, len(columns) + 1)
        if len(columns) > MOST_COLUMNS:
            raise FileUnreadable("too_many_columns", row=number, most=MOST_COLUMNS)
    return Row(0, {column: Cell(path) for path, column in columns.items()}), columns


def spread(cells: Iterable[tuple[str, Cell]], columns: Mapping[str, int]) -> dict[int, Cell]:
    """The filled cells of a row by column. Values of one path stand in one that `is_several`, such as EANs."""
    found: dict[int, Cell] = {}
    for path, cell in cells:
        column = columns[path]
        if not cell.is_filled:
            continue
        before = found.get(column)
        found[column] = cell if before is None else _beside(before, cell)
    return found


def _beside(one: Cell, other: Cell) -> Cell:
    return Cell(f"{one.text} {other.text}", fault=one.fault or other.fault, is_several=True)
