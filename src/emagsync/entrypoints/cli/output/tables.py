"""Tables on standard output: Rich's on a terminal, and on anything else plain lines as wide as their content."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Sequence
from importlib import import_module

import typer

from emagsync.entrypoints.cli.output.text import printable

_BETWEEN = "   "
_RULE = "─"


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, numeric: Sequence[str] = ()) -> None:
    """Print `rows` under `columns`; those in `numeric` are set to the right. Cells are text, not markup."""
    cells = [[printable(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        # Rich takes a tenth of the time of a command whose output goes to a program.
        import_module("emagsync.entrypoints.cli.output.terminal_table").print_table(columns, cells, numeric)
    else:
        typer.echo("\n".join(table_lines(columns, cells, numeric)))


def table_lines(columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[str]) -> list[str]:
    """The table as lines: names, a rule, and a line for each row, without spaces at its end."""
    widths = [max(map(_width, column)) for column in zip(columns, *rows, strict=True)]
    rule = _RULE * (sum(widths) + len(_BETWEEN) * (len(widths) - 1))
    to_the_right = [name in numeric for name in columns]
    first, *others = (_line(cells, widths, to_the_right) for cells in (columns, *rows))
    return [first, rule, *others]


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
