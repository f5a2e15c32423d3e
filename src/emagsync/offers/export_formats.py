"""The formats of an export: CSV and JSON Lines here, XLSX in `export_workbook`. Writers keep no rows.

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
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, Protocol

import orjson

from emagsync.core import money
from emagsync.offers.value_lists import plain_list, read_list

# The order of the columns, and of the keys of a JSON line. All are fields of `offers.schemas.Offer`.
EXPORT_FIELDS = (
    "account",
    "emag_id",
    "part_number",
    "part_number_key",
    "name",
    "brand",
    "sale_price",
    "currency",
    "stock",
    "status",
    "sellable",
    "not_sellable",
    "recommended_price",
    "min_sale_price",
    "max_sale_price",
    "best_offer_sale_price",
    "buy_button_rank",
    "number_of_offers",
    "estimated_stock",
    "handling_time",
    "vat_id",
    "category_id",
    "warranty",
    "validation_status",
    "translation_validation_status",
    "offer_validation_status",
    "ownership",
    "genius_eligibility",
    "genius_eligibility_type",
    "genius_computed",
    "eans",
    "main_image",
    "first_seen_at",
    "changed_at",
    "last_seen_at",
    "removed_at",
    # Added later, at the end: some readers of CSV count columns.
    "main_offer_price",
    "currency_type",
)
_EANS = EXPORT_FIELDS.index("eans")
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Where a cell begins for a program that splits lines by another separator; quotes mean nothing to it in mid-cell.
_INNER_START = re.compile(r"""([;|\t\r\n\v\f\x85\u2028\u2029])([\s"']*)(?=[=+\-@＝＋－＠])""")
# Characters that JSON leaves alone, but some readers of lines take for the end of one.
_LINE_ENDS = tuple((chr(code).encode(), f"\\u{code:04x}".encode()) for code in (0x85, 0x2028, 0x2029))


class ExportFormat(StrEnum):
    """CSV for spreadsheets, XLSX, or one JSON object on each line."""

    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"


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


def cells(row: Sequence[Any]) -> list[Any]:
    """The values of a row for a spreadsheet: EANs are one text."""
    values = list(row)
    values[_EANS] = plain_list(values[_EANS])
    return values


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC, such as `2026-11-23T17:00:00Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class CsvWriter:
    """UTF-8 with the byte order mark that makes Excel read it as such, comma, CRLF."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._text = io.StringIO(newline="")
        self._csv = csv.writer(self._text, lineterminator="\r\n")
        self._csv.writerow(EXPORT_FIELDS)
        self._file.write(b"\xef\xbb\xbf")

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Append rows."""
        self._csv.writerows([[_csv_cell(value) for value in cells(row)] for row in rows])
        self._flush()

    def close(self) -> None:
        """Write what is left."""
        self._flush()

    def release(self) -> None:
        """Nothing is held."""

    def _flush(self) -> None:
        self._file.write(self._text.getvalue().encode("utf-8", "replace"))
        self._text.seek(0)
        self._text.truncate()


def _csv_cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return defused_for_csv(value)
    if isinstance(value, Decimal):
        return money.text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return iso(value) if isinstance(value, datetime) else value


class JsonLinesWriter:
    """One object on each line, in UTF-8; amounts as text, EANs and reasons as lists."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Append rows."""
        options = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z
        lines = b"".join([orjson.dumps(_json_object(row), default=_json_value, option=options) for row in rows])
        for character, escaped in _LINE_ENDS:
            lines = lines.replace(character, escaped)
        self._file.write(lines)

    def close(self) -> None:
        """Nothing is held back."""

    def release(self) -> None:
        """Nothing is held."""


def _json_object(row: Sequence[Any]) -> dict[str, Any]:
    line = dict(zip(EXPORT_FIELDS, row, strict=True))
    line["eans"] = read_list(line["eans"])
    line["not_sellable"] = line["not_sellable"].split()
    return line


def _json_value(value: object) -> str | None:
    if isinstance(value, Decimal):
        return money.text(value)
    raise TypeError(f"{type(value).__name__} in an export")


def open_writer(export_format: ExportFormat, file: IO[bytes], *, folder: Path | None = None) -> Writer:
    """The writer of a format, on an open binary file. XLSX needs one that can seek, and `folder` for its own files."""
    if export_format is ExportFormat.XLSX:
        # Here, because its library costs a start 0.05 s of CPU, and every command on offers loads this module.
        from emagsync.offers.export_workbook import XlsxWriter

        return XlsxWriter(file, folder=folder)
    return CsvWriter(file) if export_format is ExportFormat.CSV else JsonLinesWriter(file)
