"""Tables on standard output: as wide as their content, or as there is room for.

There is room for the columns of the terminal, or of `COLUMNS` where that is set, also in a pipe. A table that is wider
leaves out the columns it can do without, and becomes a card for each row when that is not enough. What goes to a
program or a file and is not told a width is as wide as it needs to be.
"""

from __future__ import annotations

import os
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

import typer

from emagsync.entrypoints.cli.output.text import printable

_BETWEEN = "   "
_RULE = "─"
_SHORTEST = 16  # of a cell that is cut
_NARROWEST = 30  # below that, cards would be as unreadable as a wrapped table


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numeric: Sequence[str] = (),
    optional: Sequence[str] = (),
    shortened: str | None = None,
    empty: str = "None.",
) -> None:
    """Print `rows` under `columns`; those in `numeric` are set to the right. Cells are text, not markup.

    `optional` names the columns to leave out where there is no room for all, the first to go first; before each, what
    is in the column `shortened` is cut. Without any row, `empty` is printed.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    typer.echo("\n".join(fitting_lines(columns, cells, numeric, optional, shortened, _room())) if cells else empty)


def fitting_lines(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    numeric: Sequence[str],
    optional: Sequence[str],
    shortened: str | None,
    room: int | None,
) -> list[str]:
    """The lines of a table, or of cards, of which none is wider than `room` columns; None means any width."""
    for leaving_out in range(len(optional) + 1):
        kept = [index for index, column in enumerate(columns) if column not in optional[:leaving_out]]
        names, cells = [columns[index] for index in kept], [[row[index] for index in kept] for row in rows]
        lines = table_lines(names, cells, numeric)
        too_wide = 0 if room is None else max(map(_width, lines)) - room
        if too_wide > 0 and shortened in names:
            lines = table_lines(names, list(_cut(cells, names.index(shortened), too_wide)), numeric)
            too_wide = max(map(_width, lines)) - (room or 0)
        if too_wide <= 0:
            return lines
    return list(_cards(columns, rows, max(room or 0, _NARROWEST)))


def table_lines(columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[str]) -> list[str]:
    """The table as lines: names, a rule, and a line for each row, without spaces at its end."""
    widths = [max(map(_width, column)) for column in zip(columns, *rows, strict=True)]
    rule = _RULE * (sum(widths) + len(_BETWEEN) * (len(widths) - 1))
    to_the_right = [name in numeric for name in columns]
    first, *others = (_line(cells, widths, to_the_right) for cells in (columns, *rows))
    return [first, rule, *others]


def _room() -> int | None:
    """How many columns there are; None where nobody says."""
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told) > 0:
        return int(told)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except (OSError, ValueError):  # not a terminal, or nothing at all
        return None


def _cut(rows: Sequence[Sequence[str]], index: int, by: int) -> Iterator[list[str]]:
    """The rows, their cells at `index` so short that the column is narrower `by` that many, but never unreadable."""
    most = max(max(_width(row[index]) for row in rows) - by, _SHORTEST)
    for row in rows:
        cell = row[index]
        while _width(cell) > most:
            cell = cell[: min(len(cell) - 2, most - 1)].rstrip() + "…"
        yield [*row[:index], cell, *row[index + 1 :]]


def _cards(columns: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> Iterator[str]:
    """For each row its cells below each other, the empty ones left out, and an empty line between rows."""
    label = max(map(_width, columns))
    for number, row in enumerate(rows):
        if number:
            yield ""
        for name, cell in zip(columns, row, strict=True):
            if cell:
                head = name + " " * (label - _width(name)) + "  "
                yield from textwrap.wrap(
                    cell, room, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
                )


def _line(cells: Sequence[str], widths: Sequence[int], to_the_right: Sequence[bool]) -> str:
    padded = []
    for cell, width, is_right in zip(cells, widths, to_the_right, strict=True):
        space = " " * (width - _width(cell))
        padded.append(space + cell if is_right else cell + space)
    return _BETWEEN.join(padded).rstrip()


def _width(text: str) -> int:
    """How many columns a terminal gives to `text`: none to combining letters, two to wide ones."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
