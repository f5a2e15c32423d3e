"""How a file is cut into cells, where somebody has said more than the file itself shows."""

from __future__ import annotations

from dataclasses import dataclass, field

from emagsync.edits.bulk.columns import Headings
from emagsync.edits.bulk.file_limits import MOST_FILLED_ROWS


@dataclass(frozen=True)
class TableOptions:
    """`headings` says what the columns are; `encoding` and `separator` are those of CSV, None: as the file shows.

    Without `has_headings` the columns have the names that a spreadsheet gives them: `A`, `B`. A table of more than
    `most_rows` rows is refused.
    """

    headings: Headings = field(default_factory=Headings)
    encoding: str | None = None
    separator: str | None = None
    has_headings: bool = True
    most_rows: int = MOST_FILLED_ROWS
