"""The XLSX format of an export."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from operator import itemgetter
from pathlib import Path
from typing import IO, Any

from xlsxwriter.exceptions import XlsxFileError  # type: ignore[import-untyped]
from xlsxwriter.workbook import Workbook  # type: ignore[import-untyped]

from emagsync.core import money
from emagsync.offers.export_columns import EXPORTED, EXPORTED_FIELDS, exported_text
from emagsync.offers.export_formats import EXPORT_FIELDS, cells, defused

ROWS_PER_SHEET = 1_048_575  # a sheet of XLSX has 1,048,576 rows; the first holds the names
_LONGEST_CELL = 32_767
_SPREADSHEET_DIGITS = 15
_WIDTHS = {"name": 60, "part_number": 18, "part_number_key": 14, "brand": 16, "eans": 16, "main_image": 30}


_EXPORTED = itemgetter(*map(EXPORT_FIELDS.index, ("emag_id", *EXPORTED_FIELDS)))


def exported_values(row: Sequence[Any]) -> str:
    """What a row in the order of `EXPORT_FIELDS` was when it was exported."""
    return exported_text(*_EXPORTED(row))


class XlsxWriter:
    """A workbook that is written row by row; a selection larger than a sheet goes on in the next one.

    Times are cells of type date, in UTC. Numbers with more digits than a spreadsheet keeps are text. The last column,
    which is hidden, tells what each row was (`export_columns.EXPORTED`), for when the file comes back as edits.
    """

    def __init__(self, file: IO[bytes], *, rows_per_sheet: int = ROWS_PER_SHEET, folder: Path | None = None) -> None:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "tmpdir": None if folder is None else str(folder),
        }
        self._workbook = Workbook(file, options)
        self._bold = self._workbook.add_format({"bold": True})
        self._amount = self._workbook.add_format({"num_format": "0.0000"})
        self._time = self._workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._rows_per_sheet = rows_per_sheet
        self._sheet = self._new_sheet()
        self._row = 0

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Append rows."""
        for row in rows:
            if self._row == self._rows_per_sheet:
                self._sheet = self._new_sheet()
                self._row = 0
            self._row += 1
            for column, value in enumerate(cells(row)):
                if value is not None and value != "":
                    self._cell(column, value)
            self._sheet.write_string(self._row, len(EXPORT_FIELDS), exported_values(row))

    def close(self) -> None:
        """Assemble the workbook. Raises OSError."""
        for number, sheet in enumerate(self._workbook.worksheets(), start=1):
            is_last = number == len(self._workbook.worksheets())
            sheet.autofilter(0, 0, self._row if is_last else self._rows_per_sheet, len(EXPORT_FIELDS))
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
        sheet = self._workbook.add_worksheet("Offers" if number == 1 else f"Offers {number}")
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(EXPORT_FIELDS):
            sheet.set_column(column, column, _WIDTHS.get(name, 19 if name.endswith("_at") else 12))
            sheet.write_string(0, column, name, self._bold)
        sheet.set_column(len(EXPORT_FIELDS), len(EXPORT_FIELDS), 40, None, {"hidden": True})
        sheet.write_string(0, len(EXPORT_FIELDS), EXPORTED, self._bold)
        return sheet

    def _cell(self, column: int, value: Any) -> None:
        if isinstance(value, bool):
            self._sheet.write_boolean(self._row, column, value)
        elif isinstance(value, datetime):
            self._sheet.write_datetime(self._row, column, value.astimezone(UTC).replace(tzinfo=None), self._time)
        elif isinstance(value, str):
            self._sheet.write_string(self._row, column, defused(value)[:_LONGEST_CELL])
        else:
            self._number(column, value)

    def _number(self, column: int, value: int | Decimal) -> None:
        amount = isinstance(value, Decimal)
        text = f"{value:.{money.SCALE}f}" if amount else str(value)
        if sum(letter.isdigit() for letter in text) > _SPREADSHEET_DIGITS:
            self._sheet.write_string(self._row, column, text)
        else:
            self._sheet.write_number(self._row, column, value, self._amount if amount else None)
