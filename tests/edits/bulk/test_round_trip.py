"""What is exported, edited in LibreOffice and saved there, comes back: only what was touched is given.

First as a file, then over HTTP, as the page does it: downloaded in Romanian, edited, uploaded, applied.
"""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from emagsync.edits.bulk.file_import import read_file
from emagsync.edits.bulk.file_reading import FileOptions, FileReading
from emagsync.edits.errors import FileUnreadable
from emagsync.offers.export_columns import EXPORT_FIELDS
from emagsync.offers.export_workbook import XlsxWriter
from support.editing import PRODUCTS, Editing
from support.patience import PATIENCE_SECONDS

PRICES = [Decimal("1714.7793"), Decimal("121.8400"), Decimal("0.0000")]


def exported() -> bytes:
    file = io.BytesIO()
    writer = XlsxWriter(file)
    rows = []
    for number, price in enumerate(PRICES, start=1):
        values: dict[str, Any] = dict.fromkeys(EXPORT_FIELDS)
        values |= {"account": "main", "emag_id": number, "part_number": f"00{number}", "name": "Bec, „E27”"}
        values |= {"sale_price": price, "currency": "RON", "stock": 10, "status": 1, "vat_id": 1, "handling_time": 2}
        values |= {"eans": "[]", "not_sellable": "", "changed_at": datetime(2026, 11, 28, 12, tzinfo=UTC)}
        rows.append(list(values.values()))
    writer.write(rows)
    writer.close()
    writer.release()
    return file.getvalue()


def read(content: bytes) -> FileReading:
    return read_file(content, FileOptions(default_account="main"))


class Office:
    """LibreOffice, with a profile of its own; to make one takes a third of a start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def converted(self, content: bytes, *, to: str, suffix: str = "xlsx") -> bytes:
        """The file as LibreOffice saves it, perhaps in another format."""
        source, target = self._folder / f"in.{suffix}", self._folder / "out"
        source.write_bytes(content)
        profile = f"-env:UserInstallation=file://{self._folder}/profile"
        command = ["soffice", profile, "--headless", "--convert-to", to, "--outdir", str(target), str(source)]
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE_SECONDS)
        saved = target / f"in.{to.partition(':')[0]}"
        try:
            return saved.read_bytes()
        finally:
            saved.unlink()  # so that a conversion that fails later finds no file


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    assert shutil.which("soffice"), "LibreOffice is not installed: apt-get install libreoffice-calc-nogui"
    return Office(tmp_path_factory.mktemp("office"))


def test_an_export_comes_back_untouched_and_changes_nothing() -> None:
    reading = read(exported())
    assert [(one.emag_id, dict(one.given), one.errors) for one in reading.requests] == [(n, {}, ()) for n in (1, 2, 3)]
    assert {"name", "brand", "sellable", "changed_at"} <= set(reading.note.ignored_columns)
    assert (reading.note.hidden_rows, list(reading.note.hidden_columns)) == (0, [])


def test_a_workbook_has_a_filter_a_frozen_header_and_the_exported_values_hidden() -> None:
    sheet = load_workbook(io.BytesIO(exported())).worksheets[0]
    assert sheet.auto_filter.ref == "A1:AP4"
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["AP"].hidden


@pytest.mark.timeout(300)
def test_what_is_edited_in_libreoffice_is_understood_and_nothing_else_is_given(office: Office) -> None:
    """Through OpenDocument, as people keep such files; one price there is edited, another cell has a formula."""
    book = load_workbook(io.BytesIO(exported()))
    sheet = book.worksheets[0]
    sheet.cell(2, EXPORT_FIELDS.index("sale_price") + 1).value = "=1714.7793*1.05"
    sheet.cell(3, EXPORT_FIELDS.index("stock") + 1).value = 25
    edited = io.BytesIO()
    book.save(edited)
    unsaved = read(edited.getvalue()).requests[0]
    assert [(one.field, one.code) for one in unsaved.errors] == [("sale_price", "formula_without_result")]
    as_ods = office.converted(edited.getvalue(), to="ods")
    with pytest.raises(FileUnreadable) as refused:
        read(as_ods)
    assert refused.value.reason == "other_format"
    reading = read(office.converted(as_ods, to="xlsx", suffix="ods"))
    assert [dict(one.given) for one in reading.requests] == [{"sale_price": "1800.5183"}, {"stock": "25"}, {}]
    assert [one.errors for one in reading.requests] == [()] * 3


# Cells as they are shown, which is how Excel saves CSV: separator, quote, UTF-8, the first row, no formats, a locale.
@pytest.mark.timeout(300)
@pytest.mark.often(first=1)
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_an_export_that_is_saved_as_csv_as_it_is_shown_changes_nothing(office: Office, separator: str) -> None:
    romanian = 1048
    filter_ = f"csv:Text - txt - csv (StarCalc):{ord(separator)},34,76,1,,{romanian},false,true"
    content = office.converted(exported(), to=filter_)
    assert content.decode().count("1714.7793") == 1, "only what was exported has all decimals"
    reading = read(content)
    assert [(one.emag_id, dict(one.given), one.errors) for one in reading.requests] == [(n, {}, ()) for n in (1, 2, 3)]


@pytest.mark.timeout(300)
async def test_an_export_for_people_comes_back_over_http_with_the_one_cell_that_was_edited(
    editing: Editing, office: Office
) -> None:
    editing.on_emag(1, sale_price="1714.7793", min_sale_price="100.0000", max_sale_price="5000.0000")
    await editing.sync()
    query = {"format": "xlsx", "language": "ro", "time_zone": "Europe/Bucharest"}
    downloaded = await editing.api.viewer.get(f"{PRODUCTS}/export", params=query)
    book = load_workbook(io.BytesIO(downloaded.content))
    sheet = book.worksheets[0]
    headings = [cell.value for cell in sheet[1]]
    # Sorted and with columns moved and deleted, as people leave such files.
    price = headings.index("Preț fără TVA") + 1
    assert sheet.cell(2, price).value == 1714.7793
    sheet.cell(3, price).value = "=B3*0+99.5"
    sheet.cell(4, headings.index("Stare") + 1).value = "Inactivă"
    sheet.delete_cols(headings.index("Brand") + 1)
    edited = io.BytesIO()
    book.save(edited)
    content = office.converted(edited.getvalue(), to="xlsx")

    async def upload(**fields: str) -> dict[str, Any]:
        answer = await editing.api.operator.post(
            f"{PRODUCTS}/bulk-edit",
            files={"file": ("oferte.xlsx", content)},
            data={"account_type": "main", "locale": "ro", **fields},
        )
        assert answer.status_code == 200, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    preview = await upload()
    assert preview["counts"] == {"ok": 2, "unchanged": 10, "needs_confirmation": 0, "error": 0}
    assert {"Denumire", "La vânzare", "Ultima modificare (Europe/Bucharest)"} <= set(preview["file"]["ignored_columns"])
    kept = await upload(preview="false", token=preview["token"])
    assert kept["kept"] == 2
    assert await editing.every_edit() == [("sale_price", "99.5000", "open"), ("status", "0", "open")]


async def test_an_exported_csv_that_excel_has_saved_comes_back_with_the_one_cell_that_was_edited(
    editing: Editing,
) -> None:
    """Excel shows bar codes by an exponent, drops zeros before numbers and after decimals, saves what it shows, and a
    question mark for the letters that Windows-1250 does not have: `ș` and `ț`."""
    editing.on_emag(1, part_number="5941234567890", sale_price="1714.7793", max_sale_price="5000.0000")
    editing.on_emag(2, part_number="00123")
    await editing.sync()
    query = {"format": "csv", "language": "ro"}
    downloaded = await editing.api.viewer.get(f"{PRODUCTS}/export", params=query)
    table = list(csv.reader(io.StringIO(downloaded.content.decode("utf-8-sig")), delimiter=";"))
    saved = [table[0], *([as_excel_saves(cell) for cell in row] for row in table[1:])]
    assert {row[table[0].index("EAN")] for row in saved[1:]} <= {"5,94E+12", ""}
    assert [row[2] for row in saved[1:3]] == ["5,94123E+12", "123"]
    saved[3][table[0].index("Stoc")] = "77"
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(saved)

    answer = await editing.api.operator.post(
        f"{PRODUCTS}/bulk-edit",
        files={"file": ("export.csv", text.getvalue().encode("cp1250", "replace"))},
        data={"account_type": "main", "locale": "ro", "preview": "false"},
    )
    body = answer.json()["data"]
    assert body["counts"] == {"ok": 1, "unchanged": len(saved) - 2, "needs_confirmation": 0, "error": 0}
    assert await editing.every_edit() == [("stock", "77", "open")]


def as_excel_saves(cell: str) -> str:
    """What Excel in Romanian makes of a cell of CSV: a General number, as a column of the usual width shows it."""
    try:
        number = Decimal(cell.replace(",", "."))
    except InvalidOperation:
        return cell
    if number.adjusted() >= 11:
        digits = f"{number:.5E}".partition("E")[0].rstrip("0").rstrip(".")
        return f"{digits}E+{number.adjusted()}".replace(".", ",")
    return f"{number.normalize():f}".replace(".", ",")
