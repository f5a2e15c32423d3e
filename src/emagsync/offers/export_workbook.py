"""The XLSX format of an export."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, Final

from xlsxwriter.exceptions import XlsxFileError  # type: ignore[import-untyped]
from xlsxwriter.workbook import Workbook  # type: ignore[import-untyped]

from emagsync.core import money
from emagsync.offers.export_columns import (
    AMOUNTS,
    EXPORT_FIELDS,
    EXPORTED,
    EXPORTED_FIELDS,
    TEXTS,
    TIMES,
    exported_text,
)
from emagsync.offers.export_formats import PLAIN, defused
from emagsync.offers.export_layout import ExportLayout

ROWS_PER_SHEET = 1_048_575  # a sheet of XLSX has 1,048,576 rows; the first holds the names
# Two decimals are shown; the cell holds all four.
AMOUNT: Final = "#,##0.00"
WHOLE: Final = "0"
TEXT: Final = "@"
_LONGEST_CELL = 32_767
_SPREADSHEET_DIGITS = 15
_WIDTHS = {"name": 60, "part_number": 18, "part_number_key": 14, "brand": 16, "eans": 16, "main_image": 30}
_TIME_WIDTH = 26
_MOST_HEADING_WIDTH = 30


_EXPORTED = itemgetter(*map(EXPORT_FIELDS.index, ("emag_id", *EXPORTED_FIELDS)))


def exported_values(row: Sequence[Any]) -> str:
    """What a row in the order of `EXPORT_FIELDS` was when it was exported."""
    return exported_text(*_EXPORTED(row))


class XlsxWriter:
    """A workbook that is written row by row; a selection larger than a sheet goes on in the next one.

    Times are cells of type date, each of which shows its offset from UTC. Amounts show two decimals and hold four.
    Whole columns are text or numbers, so that an EAN that somebody adds stays one. Numbers with more digits than a
    spreadsheet keeps are text. The last column, which is hidden, tells what each row was (`export_columns.EXPORTED`),
    for when the file comes back as edits.
    """

    def __init__(
        self,
        file: IO[bytes],
        layout: ExportLayout = PLAIN,
        *,
        rows_per_sheet: int = ROWS_PER_SHEET,
        folder: Path | None = None,
    ) -> None:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "tmpdir": None if folder is None else str(folder),
        }
        self._workbook = Workbook(file, options)
        self._layout = layout
        self._bold = self._workbook.add_format({"bold": True})
        self._format = cache(lambda code: self._workbook.add_format({"num_format": code}))
        self._formats = [self._format(code) if (code := _code(name)) else None for name in layout.columns]
        self._rows_per_sheet = rows_per_sheet
        self._sheet = self._new_sheet()
        self._row = 0

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Append rows."""
        exported = len(self._layout.columns)
        for row in rows:
            if self._row == self._rows_per_sheet:
                self._sheet = self._new_sheet()
                self._row = 0
            self._row += 1
            for column, value in enumerate(self._layout.values(row)):
                if value is not None and value != "":
                    self._cell(column, value)
            self._sheet.write_string(self._row, exported, exported_values(row))

    def close(self) -> None:
        """Assemble the workbook. Raises OSError."""
        for number, sheet in enumerate(self._workbook.worksheets(), start=1):
            is_last = number == len(self._workbook.worksheets())
            sheet.autofilter(0, 0, self._row if is_last else self._rows_per_sheet, len(self._layout.columns))
        try:
            self._workbook.close()
        except XlsxFileError as error:
            # It has the system's own error in it, which says what is wrong.
            raise error.args[0] if isinstance(error.args[0], OSError) else OSError(str(error)) from error

    def release(self) -> None:
        """Close the sheets' own temporary files."""
        for sheet in self._workbook.worksheets():
            sheet.row_data_fh.close()

    def _new_sheet(self) -> Any:
        number = len(self._workbook.worksheets()) + 1
        name = self._layout.sheet
        sheet = self._workbook.add_worksheet(name if number == 1 else f"{name} {number}")
        sheet.freeze_panes(1, 0)
        for column, field in enumerate(self._layout.columns):
            heading = self._layout.heading(field)
            sheet.set_column(column, column, _width(field, heading), self._formats[column])
            sheet.write_string(0, column, heading, self._bold)
        exported = len(self._layout.columns)
        sheet.set_column(exported, exported, 40, None, {"hidden": True})
        sheet.write_string(0, exported, self._layout.heading(EXPORTED), self._bold)
        return sheet

    def _cell(self, column: int, value: Any) -> None:
        if isinstance(value, bool):
            self._sheet.write_boolean(self._row, column, value)
        elif isinstance(value, datetime):
            date = "dd.mm.yyyy" if self._layout.language == "ro" else "yyyy-mm-dd"
            shown = self._format(f'{date} hh:mm:ss "{self._layout.offset(value)}"')
            self._sheet.write_datetime(self._row, column, self._layout.in_zone(value).replace(tzinfo=None), shown)
        elif isinstance(value, str):
            self._sheet.write_string(self._row, column, defused(value)[:_LONGEST_CELL], self._formats[column])
        else:
            self._number(column, value)

    def _number(self, column: int, value: int | Decimal) -> None:
        text = f"{value:.{money.SCALE}f}" if isinstance(value, Decimal) else str(value)
        if sum(letter.isdigit() for letter in text) > _SPREADSHEET_DIGITS:
            self._sheet.write_string(self._row, column, text)
        elif self._layout.columns[column] == "vat_rate":
            is_whole = value * 100 % 1 == 0
            self._sheet.write_number(self._row, column, value, self._format("0%" if is_whole else "0.00%"))
        else:
            self._sheet.write_number(self._row, column, value, self._formats[column])


def _code(field: str) -> str | None:
    """The number format of a column, of its empty cells too; None for one whose cells have their own."""
    if field in AMOUNTS:
        return AMOUNT
    if field in TEXTS:
        return TEXT
    return None if field in TIMES or field in ("vat_rate", "sellable", "status") else WHOLE


def _width(field: str, heading: str) -> int:
    usual = _WIDTHS.get(field, _TIME_WIDTH if field in TIMES else 12)
    return max(usual, min(len(heading) + 3, _MOST_HEADING_WIDTH))  # the filter's button takes its place too
