"""Workbooks that people fill in and send back: the template of a file of edits, and the rows of one that failed."""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from xlsxwriter.workbook import Workbook  # type: ignore[import-untyped]

from emagsync.edits.bulk.cell_values import NUMBERS
from emagsync.edits.bulk.file_table import column_number
from emagsync.edits.change_request import STOCK_CHANGE, GivenCell
from emagsync.edits.fields import PRICES
from emagsync.edits.planning import Effect
from emagsync.edits.results import LineResult
from emagsync.offers.export_columns import EXPORTED, LANGUAGES, HeadingLanguage, label
from emagsync.offers.export_formats import defused
from emagsync.offers.export_workbook import AMOUNT, TEXT, WHOLE

_OPTIONS: Final = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_PLACE: Final = re.compile(r"([A-Z]+)(\d+)")
_SHEETS: Final = (("Modificări", "Explicații"), ("Edits", "Explanations"))
_EXPLAINED: Final = (("Coloană", "Ce se scrie", "Exemplu"), ("Column", "What to write", "Example"))
_REASON: Final = ("Ce este de corectat", "What is to be mended")
_OWN_LABELS: Final[Mapping[str, tuple[str, str]]] = {
    STOCK_CHANGE: ("Modificare stoc", "Stock change"),
    "warehouse_id": ("Depozit", "Warehouse"),
}
_INTRODUCTION: Final = (
    (
        "Un rând pentru fiecare ofertă, numită prin ID, cod produs (SKU), PNK sau EAN: este de ajuns unul. "
        "O celulă goală lasă valoarea așa cum este. Coloanele pot fi mutate, iar cele de care nu aveți nevoie, șterse."
    ),
    (
        "One row for each offer, named by its ID, SKU, PNK or EAN: one of them is enough. An empty cell leaves the "
        "value as it is. Columns may be moved, and those that you do not need deleted."
    ),
)
# What is written in each column, in Romanian and English, and an example.
_COLUMNS: Final[Mapping[str, tuple[str, str, str | int | float]]] = {
    "account": ("Contul; gol: cel ales la încărcare", "The account; empty: the one chosen at the upload", "main"),
    "emag_id": ("ID-ul dumneavoastră de ofertă", "Your own ID of the offer", 1204),
    "part_number": ("Codul dumneavoastră de produs", "Your own product code", "BEC-0042"),
    "part_number_key": ("Codul de produs al eMAG", "eMAG's code of the product", "D5XB1BBM"),
    "eans": ("Codul de bare", "The bar code", "5940000000001"),
    "sale_price": ("Prețul nou, fără TVA", "The new price, without VAT", 119.9),
    "recommended_price": ("Fără TVA", "Without VAT", 149.9),
    "min_sale_price": ("Fără TVA", "Without VAT", 99.9),
    "max_sale_price": ("Fără TVA", "Without VAT", 199.9),
    "stock": ("Bucăți în stoc", "Pieces in stock", 25),
    STOCK_CHANGE: (
        "În locul stocului: bucăți adăugate (5) sau scăzute (-2)",
        "In place of the stock: pieces to add (5) or take off (-2)",
        -2,
    ),
    "handling_time": ("Zile până la expediere", "Days until dispatch", 1),
    "status": ("Activă, Inactivă sau Retrasă definitiv", "Active, Inactive or End of life", ""),
    "vat_id": ("Numărul eMAG al cotei de TVA", "eMAG's number of the VAT rate", 1),
    "currency": ("Moneda prețurilor; gol: cea a ofertei", "Of the prices; empty: the offer's", "RON"),
    "warehouse_id": ("Numai dacă oferta are mai multe depozite", "Only where the offer has several", 1),
}
_NUMBERS: Final = frozenset({*NUMBERS, "emag_id", "warehouse_id"})
_WIDTHS: Final = {"part_number": 20, "eans": 18, "part_number_key": 16}
_STATUS_EXAMPLE: Final = ("Activă", "Active")


def template(language: HeadingLanguage) -> bytes:
    """An empty file of edits, as XLSX, with a sheet that explains its columns."""
    place = LANGUAGES.index(language)
    file = io.BytesIO()
    with Workbook(file, _OPTIONS) as book:
        formats = _Formats(book)
        edits, explained = (book.add_worksheet(name) for name in _SHEETS[place])
        edits.freeze_panes(1, 0)
        for column, name in enumerate(_COLUMNS):
            heading = heading_of(name, language)
            edits.set_column(column, column, max(len(heading) + 2, _WIDTHS.get(name, 10)), formats.of(name))
            edits.write_string(0, column, heading, formats.bold)
        explained.set_column(0, 0, 26)
        explained.set_column(1, 1, 62, formats.wrapped)
        explained.set_column(2, 2, 18)
        explained.merge_range(0, 0, 0, 2, _INTRODUCTION[place], formats.wrapped)
        explained.set_row(0, 48)
        for column, heading in enumerate(_EXPLAINED[place]):
            explained.write_string(2, column, heading, formats.bold)
        for row, (name, texts) in enumerate(_COLUMNS.items(), start=3):
            example = _STATUS_EXAMPLE[place] if name == "status" else texts[2]
            explained.write_string(row, 0, heading_of(name, language))
            explained.write_string(row, 1, texts[place], formats.wrapped)
            explained.write(row, 2, example, formats.of(name))
    return file.getvalue()


def heading_of(name: str, language: HeadingLanguage) -> str:
    """What names a column of a file of edits."""
    own = _OWN_LABELS.get(name)
    return label(name, language) if own is None else own[LANGUAGES.index(language)]


def failed_rows(lines: Iterable[LineResult], language: HeadingLanguage, reasons: Mapping[int, str]) -> bytes:
    """The rows of a file of edits that cannot be stored as they are, as XLSX: what was read of each, the offer's name
    and, last, what is wrong, in the words of `reasons` by row where they are given. Read again, the file is one of
    edits: the name and the reason are columns that are not read.
    """
    failed = [line for line in lines if line.effect in (Effect.ERROR, Effect.NEEDS_CONFIRMATION)]
    columns = _columns_of(failed)
    words = LANGUAGES.index(language)
    file = io.BytesIO()
    with Workbook(file, _OPTIONS) as book:
        formats = _Formats(book)
        sheet = book.add_worksheet(_SHEETS[words][0])
        sheet.freeze_panes(1, 0)
        for column, (_, name, heading) in enumerate(columns):
            hidden = {"hidden": True} if name == EXPORTED else {}
            sheet.set_column(column, column, max(len(heading) + 2, _WIDTHS.get(name, 10)), formats.of(name), hidden)
            sheet.write_string(0, column, heading, formats.bold)
        last = len(columns)
        for column, heading, width in ((last, label("name", language), 50), (last + 1, _REASON[words], 80)):
            sheet.set_column(column, column, width, formats.wrapped)
            sheet.write_string(0, column, heading, formats.bold)
        places = {place: column for column, (place, _, _) in enumerate(columns)}
        row = 0
        for line in failed:
            for cells in _by_row(line.request.cells):
                row += 1
                for cell in cells:
                    _write(sheet, row, places[_place(cell)[0]], cell, formats)
                sheet.write_string(row, last, defused((line.plan.offer.name if line.plan else None) or ""))
                sheet.write_string(row, last + 1, defused(_reason(line, reasons)), formats.wrapped)
    return file.getvalue()


class _Formats:
    """The formats of a workbook: of a column's cells, of headings, of long texts."""

    def __init__(self, book: Any) -> None:
        self.bold = book.add_format({"bold": True})
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        self._codes = {code: book.add_format({"num_format": code}) for code in (AMOUNT, WHOLE, TEXT)}

    def of(self, name: str) -> Any:
        """Prices show two decimals, other numbers none; all else is text."""
        if name in PRICES:
            return self._codes[AMOUNT]
        return self._codes[WHOLE if name in _NUMBERS else TEXT]


def _columns_of(lines: Collection[LineResult]) -> list[tuple[int, str, str]]:
    """The columns of the file in its own order: the place, the field and the heading of each."""
    cells = (cell for line in lines for cell in line.request.cells)
    found = {_place(cell)[0]: (cell.field, cell.heading) for cell in cells}
    return [(place, *found[place]) for place in sorted(found)]


def _by_row(cells: Sequence[GivenCell]) -> list[list[GivenCell]]:
    """The cells of each row of the file: several rows may be one offer's."""
    rows: dict[int, list[GivenCell]] = {}
    for cell in cells:
        rows.setdefault(_place(cell)[1], []).append(cell)
    return [rows[number] for number in sorted(rows)]


def _place(cell: GivenCell) -> tuple[int, int]:
    """The column and the row of a cell."""
    match = _PLACE.fullmatch(cell.place)
    return (0, 0) if match is None else (column_number(match[1]), int(match[2]))


def _write(sheet: Any, row: int, column: int, cell: GivenCell, formats: _Formats) -> None:
    """A number that was understood as a number; all else as the text that stood there."""
    number = _number(cell)
    if number is None:
        sheet.write_string(row, column, defused(cell.text))
    else:
        sheet.write_number(row, column, number, formats.of(cell.field))


def _number(cell: GivenCell) -> Decimal | None:
    if cell.value is None or cell.field not in _NUMBERS or cell.field == STOCK_CHANGE:
        return None
    try:
        return Decimal(cell.value)
    except InvalidOperation:
        return None


def _reason(line: LineResult, reasons: Mapping[int, str]) -> str:
    given = reasons.get(line.request.row)
    if given is not None:
        return given
    plan = line.plan
    issues = (*line.errors, *(plan.faults if plan else ()), *(plan.doubts if plan else line.request.doubts))
    return "; ".join(f"{issue.field}: {issue.message}" for issue in issues)
