"""Files in the shapes in which programs of Romanian shops export stock: what their columns are is guessed right.

The files are our own, with the columns that those programs' exports have (`docs/sources.md`).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from emagsync.sources.reading.guessing import guess
from emagsync.sources.reading.options import FileFormat, KeyField, ReadingOptions
from emagsync.sources.reading.source_child import read_source

FILES = Path(__file__).parents[1] / "data" / "sources"


class Expected(NamedTuple):
    """What a file is taken for, and the offers that it names with what they get."""

    format: FileFormat
    columns: dict[str, str]
    rows: list[tuple[str | None, dict[str, str]]]
    decimal: str | None = None
    encoding: str | None = None
    key: KeyField = KeyField.PART_NUMBER


CUP, LAMP = {"stock": "14", "sale_price": "24.79"}, {"stock": "0", "sale_price": "1239.67"}
CODES = [("CANA-05", CUP), ("LAMPA-1", LAMP)]
PROGRAMS = {
    "smartbill.xlsx": Expected(
        FileFormat.XLSX, {"Cod produs": "part_number", "Stoc": "stock", "Pret vanzare": "sale_price"}, CODES
    ),
    "saga.csv": Expected(
        FileFormat.CSV,
        {"COD": "part_number", "STOC": "stock", "PRET_VANZ": "sale_price"},
        [("00000123", CUP), ("00000124", LAMP), ("00000125", {"sale_price": "9.50"})],
        decimal="comma",
        encoding="cp1250",
    ),
    "winmentor.txt": Expected(
        FileFormat.CSV,
        {"CodExtern": "part_number", "Stoc": "stock", "PretVanzare": "sale_price"},
        [*CODES, (None, {"sale_price": "15.00"})],
        decimal="point",
        encoding="cp1250",
    ),
    "nexus.json": Expected(
        FileFormat.JSON, {"cod_extern": "part_number", "stoc": "stock", "pret_vanzare": "sale_price"}, CODES
    ),
    "google-sheet.csv": Expected(
        FileFormat.CSV,
        {"SKU": "part_number", "Stoc": "stock", "Preț fără TVA": "sale_price"},
        CODES,
        decimal="comma",
        encoding="utf-8",
    ),
    "feed.xml": Expected(
        FileFormat.XML,
        {"Sku": "part_number", "Stoc": "stock", "Pret": "sale_price"},
        CODES,
        decimal="point",
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_files_of_programs_are_understood_without_being_told_anything(name: str) -> None:
    expected = PROGRAMS[name]
    answer = read_source((FILES / name).read_bytes(), ReadingOptions(account="main"))
    assert answer.refusal is None
    look, reading = answer.look, answer.reading
    assert look is not None
    assert reading is not None
    columns = {heading: field for heading, field in look.columns.items() if field not in ("ean", "currency")}
    assert (look.format, columns, look.key) == (expected.format, expected.columns, expected.key)
    assert [(one.part_number, dict(one.given)) for one in reading.requests] == expected.rows
    assert (reading.note.decimal, look.encoding) == (expected.decimal, expected.encoding)


def test_the_rows_that_need_a_hand_are_told_with_their_cells() -> None:
    answer = read_source((FILES / "saga.csv").read_bytes(), ReadingOptions(account="main"))
    assert answer.reading is not None
    [issue] = answer.reading.requests[2].errors
    assert (issue.code, "F4" in issue.message) == ("negative_stock", True)


@pytest.mark.parametrize(
    ("headings", "fields"),
    [
        (["ID", "TVA", "Activ", "Pret cu TVA", "Preț vânzare (cu TVA)", "Pret TVA inclus"], {}),
        (["Pret", "Pret vanzare fara TVA"], {"Pret vanzare fara TVA": "sale_price"}),
        (["Cod", "SKU", "Cod EAN"], {"SKU": "part_number", "Cod EAN": "ean"}),
        (["offer/@id", "offer/stock/available"], {"offer/stock/available": "stock"}),
        (["ID eMAG", "PNK"], {"ID eMAG": "emag_id", "PNK": "part_number_key"}),
        (["supplier/code/sku", "sku"], {"sku": "part_number"}),
    ],
)
def test_what_may_mean_something_else_is_not_guessed(headings: list[str], fields: dict[str, str]) -> None:
    assert {heading: field.replace("eans", "ean") for heading, field in guess(headings).items()} == fields
