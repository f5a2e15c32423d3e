"""Tables on a terminal, as wide as it is."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[str]) -> None:
    """Print `rows` under `columns`, those in `numeric` set to the right. Cells that do not fit are folded."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        is_numeric = column in numeric
        table.add_column(column, justify="right" if is_numeric else "left", overflow="fold", no_wrap=is_numeric)
    for row in rows:
        table.add_row(*map(Text, row))
    Console(file=sys.stdout).print(table)
