"""The formats of an export: CSV and JSON Lines here, the others in `export_workbook` and `export_parquet`.

Spreadsheets run a text cell that begins with `=`, `+`, `-` or `@` as a formula, and a seller's offers hold other
people's text: such cells begin with an apostrophe in CSV and XLSX. A program that takes another separator than the
comma for CSV's, as that of the reader's country (`;` in Romania), sees a cell begin wherever that stands in a text: in
CSV the apostrophe stands there too. JSON Lines has the text as it is.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, Final, Protocol

import orjson

from emagsync.core import money
from emagsync.offers.errors import ParquetNotInstalled
from emagsync.offers.export_columns import EXPORT_FIELDS, TIMES
from emagsync.offers.export_layout import ExportLayout, percent
from emagsync.offers.value_lists import read_list

PLAIN: Final = ExportLayout()

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Where a cell begins for a program that splits lines by another separator; quotes mean nothing to it in mid-cell.
_INNER_START = re.compile(r"""([;|\t\r\n\v\f\x85\u2028\u2029])([\s"']*)(?=[=+\-@＝＋－＠])""")
# Characters that JSON leaves alone, but some readers of lines take for the end of one.
_LINE_ENDS = tuple((chr(code).encode(), f"\\u{code:04x}".encode()) for code in (0x85, 0x2028, 0x2029))


class ExportFormat(StrEnum):
    """CSV for spreadsheets, XLSX, one JSON object on each line, or Parquet, whose library is an extra."""

    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"
    PARQUET = "parquet"


class Writer(Protocol):
    """Writes values in the order of `EXPORT_FIELDS`."""

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Append rows."""
        ...

    def close(self) -> None:
        """Finish the document; the file itself stays open."""
        ...

    def release(self) -> None:
        """Let go of everything but the file, whether the document was finished or not."""
        ...


def defused(text: str) -> str:
    """`text` as a cell that no spreadsheet runs as a formula."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def defused_for_csv(text: str) -> str:
    """`text` as a CSV cell that no spreadsheet runs as a formula, by whatever separator it splits the lines."""
    return defused(_INNER_START.sub(r"\1\2'", text))


def iso(moment: datetime) -> str:
    """ISO 8601 with its offset, such as `2026-11-23T17:00:00Z` or `2026-11-23T19:00:00+02:00`."""
    return moment.isoformat().replace("+00:00", "Z")


class CsvWriter:
    """UTF-8 with the byte order mark that makes Excel read it as such, CRLF.

    Separated by commas, decimals by a point; in Romanian by `;` and a comma, as spreadsheets there read it.
    """

    def __init__(self, file: IO[bytes], layout: ExportLayout = PLAIN) -> None:
        self._file = file
        self._layout = layout
        self._text = io.StringIO(newline="")
        self._csv = csv.writer(self._text, lineterminator="\r\n", delimiter=";" if layout.decimal_mark == "," else ",")
        self._csv.writerow(layout.headings)
        self._file.write(b"\xef\xbb\xbf")

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Append rows."""
        names = self._layout.columns
        self._csv.writerows(
            [[self._cell(*cell) for cell in zip(names, self._layout.values(row), strict=True)] for row in rows]
        )
        self._flush()

    def close(self) -> None:
        """Write what is left."""
        self._flush()

    def release(self) -> None:
        """Nothing is held."""

    def _cell(self, name: str, value: Any) -> Any:
        if value is None:
            return ""
        if isinstance(value, str):
            return defused_for_csv(value)
        if isinstance(value, Decimal):
            is_percent = name == "vat_rate" and self._layout.language is not None
            text = percent(value) if is_percent else f"{value:.{money.SCALE}f}"
            return text.replace(".", self._layout.decimal_mark)
        if isinstance(value, bool):
            return "true" if value else "false"
        return iso(self._layout.in_zone(value)) if isinstance(value, datetime) else value

    def _flush(self) -> None:
        self._file.write(self._text.getvalue().encode("utf-8", "replace"))
        self._text.seek(0)
        self._text.truncate()


class JsonLinesWriter:
    """One object on each line, in UTF-8; amounts as text, EANs and reasons as lists. It is for programs: the layout's
    language means nothing here."""

    def __init__(self, file: IO[bytes], layout: ExportLayout = PLAIN) -> None:
        self._file = file
        self._layout = layout
        self._places = [(name, EXPORT_FIELDS.index(name)) for name in layout.columns]

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Append rows."""
        options = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z
        lines = b"".join([orjson.dumps(self._object(row), default=_json_value, option=options) for row in rows])
        for character, escaped in _LINE_ENDS:
            lines = lines.replace(character, escaped)
        self._file.write(lines)

    def close(self) -> None:
        """Nothing is held back."""

    def release(self) -> None:
        """Nothing is held."""

    def _object(self, row: Sequence[Any]) -> dict[str, Any]:
        line = {name: row[place] for name, place in self._places}
        if "eans" in line:
            line["eans"] = read_list(line["eans"])
        if "not_sellable" in line:
            line["not_sellable"] = line["not_sellable"].split()
        if self._layout.zone is not None:
            line |= {name: self._layout.in_zone(line[name]) for name in TIMES & line.keys() if line[name] is not None}
        return line


def _json_value(value: object) -> str | None:
    if isinstance(value, Decimal):
        return money.text(value)
    raise TypeError(f"{type(value).__name__} in an export")


def open_writer(
    export_format: ExportFormat, file: IO[bytes], layout: ExportLayout = PLAIN, *, folder: Path | None = None
) -> Writer:
    """The writer of a format, on an open binary file. XLSX needs one that can seek, and `folder` for its own files.

    Raises ParquetNotInstalled.
    """
    if export_format is ExportFormat.XLSX:
        # Here, because its library costs a start 0.05 s of CPU, and every command on offers loads this module.
        from emagsync.offers.export_workbook import XlsxWriter

        return XlsxWriter(file, layout, folder=folder)
    if export_format is ExportFormat.PARQUET:
        try:
            from emagsync.offers.export_parquet import ParquetWriter
        except ModuleNotFoundError as error:
            raise ParquetNotInstalled from error
        return ParquetWriter(file, layout)
    return CsvWriter(file, layout) if export_format is ExportFormat.CSV else JsonLinesWriter(file, layout)
