"""Tables on standard output: Rich's on a terminal, and on anything else as wide as their content."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from emagsync.entrypoints.cli.output.text import printable

_WIDE = 400


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, numeric: Sequence[str] = ()) -> None:
    """Print `rows` under `columns`; those in `numeric` are set to the right. Cells are text, not markup."""
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDE)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(
            column, justify="right" if column in numeric else "left", overflow="fold", no_wrap=column in numeric
        )
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console.print(table)
