"""Reads CSV as spreadsheet programs write it: any of their separators and encodings, with `sep=;` before it or not."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice
from typing import Final

from emagsync.edits.bulk.columns import MOST_ROWS_ABOVE, header_of, known_headings
from emagsync.edits.bulk.file_limits import LAST_ROW, MOST_FILLED_ROWS, MOST_PART_BYTES
from emagsync.edits.bulk.file_table import Cell, Row, Table, filled
from emagsync.edits.errors import FileUnreadable

_SEPARATORS: Final = (";", "\t", ",")
# The characters by which the separator is found.
_MOST_LOOKED_AT: Final = 256 * 1024
# Excel's own first line, which it does not show: `sep=;`.
_NAMED_SEPARATOR: Final = re.compile(r'"?sep=([;,|\t ])"?;*,*(\r\n|\r|\n|$)', re.IGNORECASE)


def csv_table(content: bytes) -> Table:
    """The table in `content`. Raises FileUnreadable, also while its rows are read.

    Of several separators the one that makes most headings of columns is right.
    """
    text = _decoded(content)
    # A cell may be as long as the file: what is too long for its column is said where that is known.
    csv.field_size_limit(MOST_PART_BYTES)
    if named := _NAMED_SEPARATOR.match(text):
        text, separator = text[named.end() :], named[1]
    else:
        separator = _separator(text)
    rows = (row for row in _rows(text, separator) if row.cells)
    first = list(islice(rows, MOST_ROWS_ABOVE + 1))
    above = header_of(first)[1]
    return Table(filled(chain(first[above:], rows)), rows_above=above)


def _separator(text: str) -> str:
    def fitness(separator: str) -> tuple[int, int]:
        best = (0, 0)
        # What is wrong further down is said when the rows are read.
        with suppress(csv.Error):
            for row in islice(_records(text[:_MOST_LOOKED_AT], separator), MOST_ROWS_ABOVE + 1):
                best = max(best, (known_headings(row), sum(map(bool, map(str.strip, row)))))
        return best

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
