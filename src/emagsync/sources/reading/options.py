"""What is asked of the process that reads a source's file, and what it answers.

Apart from what reads, so that whoever has a file read does not load that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from emagsync.core.decimal_marks import DecimalMark
from emagsync.edits.bulk.file_limits import MIB
from emagsync.edits.bulk.file_reading import FileReading, Refusal

# What a source's file may cost: `edits.bulk.file_limits` has the limits of its cells and parts.
MOST_ROWS: Final = 50_000
MOST_MEMORY_BYTES: Final = 640 * MIB
MOST_CPU_SECONDS: Final = 60
MOST_SECONDS: Final = 90.0
MOST_ANSWER_BYTES: Final = 128 * MIB
# The rows that a look at a file shows, and the characters of each cell.
SHOWN_ROWS: Final = 10
MOST_SHOWN_CHARACTERS: Final = 60


class FileFormat(StrEnum):
    """How a source's file holds its rows."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    XML = "xml"


class KeyField(StrEnum):
    """What names an offer in a source's file."""

    EMAG_ID = "emag_id"
    PART_NUMBER = "part_number"
    PART_NUMBER_KEY = "part_number_key"
    EAN = "ean"


@dataclass(frozen=True)
class ReadingOptions:
    """How a source's file is read. What is None is taken as the file shows it, or guessed from its headings.

    `columns` are fields by heading, of JSON and XML by the path within a row; `key` is the field that names the offers.
    `row_path` is where the rows are in JSON (`data/items`) or XML (`catalog/product`). `only_look` reads no more than
    is shown.
    """

    format: FileFormat | None = None
    encoding: str | None = None
    separator: str | None = None
    decimal: DecimalMark | None = None
    has_headings: bool = True
    row_path: str | None = None
    columns: Mapping[str, str] | None = None
    key: KeyField | None = None
    account: str | None = None
    only_look: bool = False


@dataclass(frozen=True)
class FileLook:
    """What a file turned out to be: how it was read, its columns, and its first rows as texts, one for each heading.

    `columns` are the fields by heading that were read, or would be; `places` where the values of a field stand, a
    column's letter, or a path within a row.
    """

    format: FileFormat
    headings: Sequence[str] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    key: KeyField | None = None
    places: Mapping[str, str] = field(default_factory=dict)
    rows: Sequence[Sequence[str]] = ()
    encoding: str | None = None
    separator: str | None = None
    row_path: str | None = None
    sheet: str | None = None

    def place(self, name: str, row: int) -> str | None:
        """Where the value of a field stands in a row: `D2`, or `products/product[3]/price`."""
        found = self.places.get(name)
        if found is None:
            return None
        return f"{found}{row}" if self.row_path is None else f"{self.row_path}[{row}]/{found}"


@dataclass(frozen=True)
class ReadingAnswer:
    """What the process answers: what the file is, as far as that is known, and its rows or why there are none."""

    look: FileLook | None = None
    reading: FileReading | None = None
    refusal: Refusal | None = None
