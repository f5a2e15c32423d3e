"""The process that reads one file of a source: its bytes on standard input, the answer as JSON on standard output.

`edits.bulk.file_process` starts it, as it does for files that people send; here they may be larger.
"""

from __future__ import annotations

import codecs
import sys
from dataclasses import replace
from itertools import islice
from typing import Final

import msgspec

from emagsync.edits.bulk.columns import Headings, plain
from emagsync.edits.bulk.csv_table import csv_table
from emagsync.edits.bulk.file_child import limit_this_process
from emagsync.edits.bulk.file_import import check_format, is_workbook, read_table
from emagsync.edits.bulk.file_limits import MOST_FILE_BYTES
from emagsync.edits.bulk.file_reading import FileOptions, FileReading, Refusal
from emagsync.edits.bulk.file_table import Row, Table
from emagsync.edits.bulk.file_table import column_name as letters_of
from emagsync.edits.bulk.table_options import TableOptions
from emagsync.edits.bulk.workbook import workbook_table
from emagsync.edits.change_request import STOCK_CHANGE, ChangeRequest
from emagsync.edits.errors import FileUnreadable
from emagsync.edits.fields import STOCK
from emagsync.edits.validation import Issue
from emagsync.sources.reading import guessing
from emagsync.sources.reading.json_table import json_table
from emagsync.sources.reading.options import (
    MOST_ANSWER_BYTES,
    MOST_CPU_SECONDS,
    MOST_MEMORY_BYTES,
    MOST_ROWS,
    MOST_SHOWN_CHARACTERS,
    SHOWN_ROWS,
    FileFormat,
    FileLook,
    ReadingAnswer,
    ReadingOptions,
)
from emagsync.sources.reading.xml_table import xml_table

_TREES = (FileFormat.JSON, FileFormat.XML)
# Files that people send are no trees: what is said of their formats names fewer than are read here.
_OF_SOURCES: Final = {"other_format": "other_source_format", "unknown_format": "unknown_source_format"}
# A table without headings of its own has names for its columns anyway.
_DISTINCT = 1


def main() -> None:
    """Read the file on standard input with the options in the first argument."""
    options = msgspec.json.decode(sys.argv[1], type=ReadingOptions)
    limit_this_process(MOST_MEMORY_BYTES, MOST_CPU_SECONDS)
    try:
        answer = read_source(sys.stdin.buffer.read(MOST_FILE_BYTES + 1), options)
        encoded = msgspec.json.encode(answer)
    except (MemoryError, RecursionError):
        encoded = b""
    if not encoded or len(encoded) > MOST_ANSWER_BYTES:
        encoded = msgspec.json.encode(ReadingAnswer(refusal=_refused(FileUnreadable("too_demanding"))))
    sys.stdout.buffer.write(encoded)


def read_source(content: bytes, options: ReadingOptions) -> ReadingAnswer:
    """What a file is and, unless it is only looked at, what its rows ask for; or why it cannot be read."""
    look: FileLook | None = None
    try:
        table, kind, headings = _table(content, options)
        header = next(table.rows, None)
        if header is None:
            raise FileUnreadable("empty")
        first = list(islice(table.rows, SHOWN_ROWS))
        look = _look(table, kind, header, first, headings)
        if options.only_look:
            return ReadingAnswer(look=look)
        rest, table.rows = table.rows, iter(())
        table.rows = iter([*first, *rest])
        wanted = FileOptions(default_account=options.account, include_hidden=True, decimal=options.decimal)
        reading = read_table(table, header, headings, wanted)
        return ReadingAnswer(look=look, reading=_to_keep(reading, look))
    except FileUnreadable as error:
        return ReadingAnswer(look=look, refusal=_refused(error))


def _table(content: bytes, options: ReadingOptions) -> tuple[Table, FileFormat, Headings]:
    """The file's table, its format, and what its headings mean: what was said, else what is guessed of them."""
    kind = options.format or _format_of(content)
    if kind not in _TREES:
        check_format(content)
    elif len(content) > MOST_FILE_BYTES:
        raise FileUnreadable("too_large", most=MOST_FILE_BYTES)
    key = None if options.key is None else guessing.column_name(options.key)
    if options.columns is not None:
        headings = Headings({word: guessing.column_name(name) for word, name in options.columns.items()}, key)
        return _cut(content, kind, options, headings), kind, headings
    # Twice: the row of the headings is found by the words that people use, then those are weighed.
    header = next(_cut(content, kind, options, Headings()).rows, None)
    texts = [] if header is None else [cell.text for cell in header.cells.values()]
    guessed = guessing.guess(_once(texts))
    if key is None and (found := guessing.guess_key(guessed.values())) is not None:
        key = guessing.column_name(found)
    headings = Headings(guessed, key)
    return _cut(content, kind, options, headings), kind, headings


def _once(texts: list[str]) -> list[str]:
    """The headings that stand there once: of two with the same name nobody can tell which is meant."""
    words = [plain(text) for text in texts]
    return [text for text, word in zip(texts, words, strict=True) if words.count(word) == _DISTINCT]


def _cut(content: bytes, kind: FileFormat, options: ReadingOptions, headings: Headings) -> Table:
    if kind is FileFormat.JSON:
        return json_table(content, options.row_path, MOST_ROWS)
    if kind is FileFormat.XML:
        return xml_table(content, options.row_path, MOST_ROWS)
    wanted = TableOptions(headings, options.encoding, options.separator, options.has_headings, MOST_ROWS)
    return workbook_table(content, wanted) if kind is FileFormat.XLSX else csv_table(content, wanted)


def _format_of(content: bytes) -> FileFormat:
    """What the file is, by how it begins."""
    if is_workbook(content):
        return FileFormat.XLSX
    start = _start(content)
    if start[:1] in (b"{", b"["):
        return FileFormat.JSON
    if start[:5] == b"<?xml" or (start[:1] == b"<" and not start.lower().startswith((b"<!doctype html", b"<html"))):
        return FileFormat.XML
    return FileFormat.CSV


def _start(content: bytes) -> bytes:
    """How the text of the file begins, in ASCII where it is in UTF-16."""
    start = content[:400]
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return start.decode("utf-16", "ignore").encode("ascii", "replace").lstrip()
    return start.removeprefix(codecs.BOM_UTF8).lstrip()


def _look(table: Table, kind: FileFormat, header: Row, first: list[Row], headings: Headings) -> FileLook:
    columns = {cell.text: headings.column_of(cell.text) for cell in header.cells.values()}
    shown = {text: guessing.field_name(name) for text, name in columns.items() if name is not None}
    is_tree = table.row_path is not None
    return FileLook(
        format=kind,
        headings=tuple(cell.text for cell in header.cells.values()),
        columns=shown,
        key=guessing.guess_key(filter(None, columns.values())),
        places={
            shown[cell.text]: cell.text if is_tree else letters_of(column)
            for column, cell in header.cells.items()
            if cell.text in shown
        },
        rows=tuple(
            tuple(
                row.cells[column].text[:MOST_SHOWN_CHARACTERS] if column in row.cells else "" for column in header.cells
            )
            for row in first
        ),
        encoding=table.encoding,
        separator=table.separator,
        row_path=table.row_path,
        sheet=table.sheet,
    )


def _to_keep(reading: FileReading, look: FileLook) -> FileReading:
    """The requests as a source means them, without the texts of their cells: `FileLook.place` tells where each is."""
    return replace(reading, requests=tuple(_absolute(replace(one, cells=()), look) for one in reading.requests))


def _absolute(request: ChangeRequest, look: FileLook) -> ChangeRequest:
    """The request without a difference of stock: a file that is read twice must come to the same."""
    if STOCK_CHANGE not in request.given:
        return request
    given = {name: value for name, value in request.given.items() if name != STOCK_CHANGE}
    place = look.place(STOCK, request.row) or f"row {request.row}"
    issue = Issue(STOCK, "relative_stock", f"{place} is a difference: a source gives how many pieces there are")
    return replace(request, given=given, errors=(*request.errors, issue))


def _refused(error: FileUnreadable) -> Refusal:
    return Refusal(_OF_SOURCES.get(error.reason, error.reason), error.values)


if __name__ == "__main__":
    main()
