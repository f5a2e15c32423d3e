"""Reads CSV as spreadsheet programs write it: any of their separators and encodings, with `sep=;` before it or not."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from emagsync.edits.bulk.file_limits import LAST_ROW, MOST_FILLED_ROWS, MOST_PART_BYTES
from emagsync.edits.bulk.file_table import Cell, Row, Table, filled
from emagsync.edits.errors import FileUnreadable

_SEPARATORS: Final = (";", "\t", ",")
# Excel's own first line, which it does not show: `sep=;`.
_NAMED_SEPARATOR: Final = re.compile(r'"?sep=([;,|\t ])"?;*,*(\r\n|\r|\n|$)', re.IGNORECASE)


def csv_table(content: bytes, headings_known: Callable[[Sequence[str]], int]) -> Table:
    """The table in `content`. Raises FileUnreadable, also while its rows are read.

    `headings_known` says how many of the texts are headings of columns: of several separators the one that makes most
    is right.
    """
    text = _decoded(content)
    # A cell may be as long as the file: what is too long for its column is said where that is known.
    csv.field_size_limit(MOST_PART_BYTES)
    if named := _NAMED_SEPARATOR.match(text):
        text, separator = text[named.end() :], named[1]
    else:
        separator = _separator(text, headings_known)
    return Table(filled(_rows(text, separator)))


def _separator(text: str, headings_known: Callable[[Sequence[str]], int]) -> str:
    def fitness(separator: str) -> tuple[int, int]:
        try:
            first = next(row for row in _records(text, separator) if any(cell.strip() for cell in row))
        except (StopIteration, csv.Error):
            return 0, 0
        return headings_known(first), len(first)

    return max(_SEPARATORS, key=fitness)


def _records(text: str, separator: str) -> Iterator[list[str]]:
    # Strict: a quote that is never closed would swallow the rows after it.
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def _rows(text: str, separator: str) -> Iterator[Row]:
    number = 0
    try:
        for number, record in enumerate(_records(text, separator), start=1):
            if number > LAST_ROW:
                raise FileUnreadable("too_many_rows", most=MOST_FILLED_ROWS)
            cells = ((column, value.strip()) for column, value in enumerate(record, start=1))
            yield Row(number, {column: Cell(value, is_loose=value[0] != "0") for column, value in cells if value})
    except csv.Error as error:
        raise FileUnreadable("not_csv", row=number + 1, error=str(error)) from error


def _decoded(content: bytes) -> str:
    marked = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    # Spreadsheet programs still write the last one in this part of the world.
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1250"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise FileUnreadable("unknown_format")
