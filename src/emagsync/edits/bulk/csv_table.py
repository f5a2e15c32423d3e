"""Reads CSV as spreadsheet programs write it: any of their separators and encodings, with `sep=;` before it or not."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice
from typing import Final

from emagsync.edits.bulk.columns import MOST_ROWS_ABOVE, Headings
from emagsync.edits.bulk.file_limits import LAST_ROW, MOST_PART_BYTES
from emagsync.edits.bulk.file_table import Cell, Row, Table, filled, lettered
from emagsync.edits.bulk.table_options import TableOptions
from emagsync.edits.errors import FileUnreadable

_SEPARATORS: Final = (";", "\t", ",", "|")
# Bytes before the text that say how it is encoded are no part of it.
_WITH_MARK: Final = {"utf-8": "utf-8-sig"}
# The characters by which the separator is found.
_MOST_LOOKED_AT: Final = 256 * 1024
# Excel's own first line, which it does not show: `sep=;`.
_NAMED_SEPARATOR: Final = re.compile(r'"?sep=([;,|\t ])"?;*,*(\r\n|\r|\n|$)', re.IGNORECASE)


def csv_table(content: bytes, options: TableOptions | None = None) -> Table:
    """The table in `content`. Raises FileUnreadable, also while its rows are read.

    Of several separators the one that makes most headings of columns is right.
    """
    wanted = options or TableOptions()
    text, encoding = _decoded(content, wanted.encoding)
    # A cell may be as long as the file: what is too long for its column is said where that is known.
    csv.field_size_limit(MOST_PART_BYTES)
    if named := _NAMED_SEPARATOR.match(text):
        text, separator = text[named.end() :], named[1]
    else:
        separator = wanted.separator or _separator(text, wanted.headings)
    rows: Iterator[Row] = (row for row in _rows(text, separator, wanted.most_rows) if row.cells)
    above = 0
    if wanted.has_headings:
        first = list(islice(rows, MOST_ROWS_ABOVE + 1))
        above = wanted.headings.row_of(first)[1]
        rows = chain(first[above:], rows)
    else:
        rows = lettered(rows)
    return Table(filled(rows, wanted.most_rows), rows_above=above, encoding=encoding, separator=separator)


def _separator(text: str, headings: Headings) -> str:
    def fitness(separator: str) -> tuple[int, int]:
        best = (0, 0)
        # What is wrong further down is said when the rows are read.
        with suppress(csv.Error):
            for row in islice(_records(text[:_MOST_LOOKED_AT], separator), MOST_ROWS_ABOVE + 1):
                best = max(best, (headings.known(row), sum(map(bool, map(str.strip, row)))))
        return best

    return max(_SEPARATORS, key=fitness)


def _records(text: str, separator: str) -> Iterator[list[str]]:
    # Strict: a quote that is never closed would swallow the rows after it.
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def _rows(text: str, separator: str, most_rows: int) -> Iterator[Row]:
    number = 0
    try:
        for number, record in enumerate(_records(text, separator), start=1):
            if number > LAST_ROW:
                raise FileUnreadable("too_many_rows", most=most_rows)
            cells = ((column, value.strip()) for column, value in enumerate(record, start=1))
            yield Row(number, {column: Cell(value, is_loose=value[0] != "0") for column, value in cells if value})
    except csv.Error as error:
        raise FileUnreadable("not_csv", row=number + 1, error=str(error)) from error


def _decoded(content: bytes, named: str | None) -> tuple[str, str]:
    """The text, and the encoding that it turned out to be in. `named` is the one that somebody has said it is in."""
    marked = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    # Spreadsheet programs still write the last one in this part of the world.
    guessed = ("utf-16",) if marked else ("utf-8-sig", "cp1250")
    for encoding in guessed if named is None else (_WITH_MARK.get(named, named),):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, encoding.removesuffix("-sig")
    if named is None:
        raise FileUnreadable("unknown_format")
    raise FileUnreadable("other_encoding", encoding=named)
