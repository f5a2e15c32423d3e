"""Exports: complete, exact, harmless to open, and all or nothing."""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import threading
import tracemalloc
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from emagsync.db.engine import Database
from emagsync.offers.errors import ExportFailed
from emagsync.offers.export import export_offers, export_to_file
from emagsync.offers.export_columns import EXPORT_FIELDS, STORED_FIELDS
from emagsync.offers.export_formats import CsvWriter, ExportFormat, defused, defused_for_csv
from emagsync.offers.export_workbook import XlsxWriter
from emagsync.offers.schemas import Offer
from emagsync.offers.selection import OfferFilter
from offers.offer_rows import offer, remove, store
from support.databases import new_database

pytestmark = pytest.mark.databases("both", often="sqlite")

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|'/c calc'!A0", '=HYPERLINK("http://x")', "＝1"]
EVERYTHING = OfferFilter()


@pytest.fixture
async def copy(tmp_path: Path) -> AsyncIterator[Database]:
    async with new_database(tmp_path) as database:
        yield database


async def exported(copy: Database, path: Path, wanted: OfferFilter = EVERYTHING) -> list[dict[str, Any]]:
    """The rows that a reader of the format finds."""
    export_format = ExportFormat(path.suffix[1:])
    await export_to_file(copy, wanted, export_format, path)
    if export_format is ExportFormat.XLSX:
        rows = list(openpyxl.load_workbook(path).active.iter_rows(values_only=True))  # type: ignore[union-attr]
        return [dict(zip(map(str, rows[0]), row, strict=True)) for row in rows[1:]]
    if export_format is ExportFormat.CSV:
        return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_field_of_an_offer_is_exported() -> None:
    assert sorted(STORED_FIELDS) == sorted(Offer.model_fields)


async def test_a_json_line_has_amounts_as_text_and_true_types(copy: Database, tmp_path: Path) -> None:
    await store(copy, [offer(1, name="=Lampă\n\u2028", eans=["594", "595"], stock=139)])
    (line,) = await exported(copy, tmp_path / "offers.jsonl")
    assert list(line) == list(EXPORT_FIELDS)
    expected = {
        "account": "main",
        "emag_id": 1,
        "part_number": "SKU-1",
        "part_number_key": "D00001BM",
        "name": "=Lampă\n\u2028",
        "sale_price": "121.8400",
        "currency": "RON",
        "stock": 139,
        "status": 1,
        "sellable": True,
        "eans": ["594", "595"],
        "not_sellable": [],
        "removed_at": None,
        "changed_at": "2026-11-23T10:00:00Z",
    }
    assert {name: line[name] for name in expected} == expected


async def test_csv_is_what_excel_reads(copy: Database, tmp_path: Path) -> None:
    await store(copy, [offer(1, name='Set „cuțite", 5 buc\nnegru', sale_price=Decimal("-5.5"), part_number="007")])
    (row,) = await exported(copy, tmp_path / "offers.csv")
    raw = (tmp_path / "offers.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfaccount,emag_id,")
    assert raw.endswith(b"\r\n")
    assert row["name"] == 'Set „cuțite", 5 buc\nnegru'
    assert row["part_number"] == "007"
    assert row["sale_price"] == "-5.5000"
    assert (row["sellable"], row["removed_at"], row["changed_at"]) == ("true", "", "2026-11-23T10:00:00Z")


async def test_xlsx_has_numbers_as_numbers_text_as_text_and_times_as_times(copy: Database, tmp_path: Path) -> None:
    await store(
        copy,
        [
            offer(1, part_number="007", eans=["5940000000001"], main_image="https://x/y.png"),
            offer(
                2, sale_price=Decimal("99999999999999.9999"), name="_x0041_ \x01", stock=2**60, recommended_price=None
            ),
        ],
    )
    first, second = await exported(copy, tmp_path / "offers.xlsx")
    assert (first["emag_id"], first["stock"], first["sale_price"]) == (1, 5, 121.84)
    assert (first["part_number"], first["eans"], first["main_image"]) == ("007", "5940000000001", "https://x/y.png")
    assert first["sellable"] is True
    assert first["changed_at"] == datetime(2026, 11, 23, 10, 0)  # noqa: DTZ001 - a cell has no zone
    assert first["removed_at"] is None
    # More digits than a spreadsheet keeps: as text rather than rounded.
    assert second["sale_price"] == "99999999999999.9999"
    assert second["stock"] == str(2**60)
    assert second["name"] == "_x005F_x0041_ _x0001_"  # how a workbook spells `_x0041_ \x01`; openpyxl leaves it
    sheet = openpyxl.load_workbook(tmp_path / "offers.xlsx").active
    assert not sheet._hyperlinks  # type: ignore[union-attr]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
async def test_a_cell_that_a_spreadsheet_would_run_begins_with_an_apostrophe(
    copy: Database, tmp_path: Path, suffix: str
) -> None:
    await store(copy, [offer(number, name=text, part_number=text) for number, text in enumerate(HOSTILE, 1)])
    path = tmp_path / f"offers.{suffix}"
    rows = await exported(copy, path)
    for row, text in zip(rows, HOSTILE, strict=True):
        # openpyxl leaves the escape; in CSV an apostrophe stands after a line end or a tab too.
        shown = row["name"].replace("_x000D_", "\r")
        assert shown == (f"'{text}" if suffix == "xlsx" else defused_for_csv(text))
        assert shown.startswith("'")
        assert row["part_number"].startswith("'")
    if suffix == "xlsx":
        cells = [cell for row in openpyxl.load_workbook(path).active.iter_rows() for cell in row]  # type: ignore[union-attr]
        assert "f" not in {cell.data_type for cell in cells}


def test_ordinary_text_is_not_touched() -> None:
    for text in ("Lampă", "1-2", "a=b", "'x", "", " x"):
        assert defused(text) == text


def spreadsheet_cells(content: str, separator: str) -> list[str]:
    """The cells as a program finds them that splits by `separator`: quotes count only where a cell begins with one."""
    return [cell for line in csv.reader(io.StringIO(content, newline=""), delimiter=separator) for cell in line]


@pytest.mark.databases("sqlite", "no database is behind it")
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_separator_makes_a_formula_of_a_text_in_csv(separator: str) -> None:
    starts = ("", "a;", "a\t", "a|", "a\n", "a\r\n", "a; ", 'a;"', "a;\n\n", "a;;", "a;'")
    for before, formula in itertools.product(starts, ("=1+1", "+1", "-1", "@SUM(1)", "＝1")):
        stream = io.BytesIO()
        writer = CsvWriter(stream)
        writer.write([["[]" if name == "eans" else before + formula for name in EXPORT_FIELDS]])
        found = spreadsheet_cells(stream.getvalue().decode("utf-8-sig"), separator)
        assert [cell for cell in found if cell.strip(' "').startswith(formula[0])] == []


def test_ordinary_text_with_separators_is_not_touched_in_csv() -> None:
    for text in ("a; b", "1;2", "Lampă\n2 m", "a;b=c", "x - y"):
        assert defused_for_csv(text) == text


@pytest.mark.often(first=2)
@pytest.mark.parametrize("suffix", ["csv", "xlsx", "jsonl"])
async def test_the_whole_selection_is_exported_beyond_any_batch(copy: Database, tmp_path: Path, suffix: str) -> None:
    await store(copy, [offer(number) for number in range(1, 601)])
    await store(copy, [offer(number) for number in range(1, 11)], account="fbe")
    await remove(copy, 5)
    rows = await exported(copy, tmp_path / f"a.{suffix}", OfferFilter(accounts=("main",)))
    assert [int(row["emag_id"]) for row in rows] == [number for number in range(1, 601) if number != 5]
    everything = await exported(copy, tmp_path / f"b.{suffix}", OfferFilter(include_removed=True))
    assert len(everything) == 610
    assert [row["emag_id"] for row in everything if row["removed_at"]] == [everything[14]["emag_id"]]


@pytest.mark.thorough
@pytest.mark.databases("sqlite", "an export from PostgreSQL is measured by test_export_memory")
async def test_memory_stays_flat_however_many_offers_there_are(copy: Database, tmp_path: Path) -> None:
    async def peak(count: int, suffix: str) -> int:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        await export_to_file(
            copy, OfferFilter(accounts=(f"shop{count}",)), ExportFormat(suffix), tmp_path / f"{count}.{suffix}"
        )
        return tracemalloc.get_traced_memory()[1] - before

    for count in (600, 2400):
        await store(copy, [offer(number) for number in range(1, count + 1)], account=f"shop{count}")
    await export_to_file(copy, EVERYTHING, ExportFormat.XLSX, tmp_path / "warm.xlsx")
    tracemalloc.start()
    try:
        for suffix in ("csv", "jsonl", "xlsx"):
            small, large = await peak(600, suffix), await peak(2400, suffix)
            assert large < small + 1_000_000, suffix
    finally:
        tracemalloc.stop()


async def test_a_selection_larger_than_a_sheet_goes_on_in_the_next_one(copy: Database, tmp_path: Path) -> None:
    await store(copy, [offer(number) for number in range(1, 8)])
    path = tmp_path / "offers.xlsx"
    with path.open("wb") as file:
        writer = XlsxWriter(file, rows_per_sheet=3)
        assert await export_offers(copy, EVERYTHING, writer) == 7
        writer.close()
    sheets = openpyxl.load_workbook(path).worksheets
    assert [sheet.title for sheet in sheets] == ["Offers", "Offers 2", "Offers 3"]
    assert [[row[1] for row in sheet.iter_rows(values_only=True)] for sheet in sheets] == [
        ["emag_id", 1, 2, 3],
        ["emag_id", 4, 5, 6],
        ["emag_id", 7],
    ]


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "jsonl"])
async def test_an_empty_selection_is_a_valid_document(copy: Database, tmp_path: Path, suffix: str) -> None:
    assert await exported(copy, tmp_path / f"offers.{suffix}") == []


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "jsonl"])
async def test_an_export_that_breaks_off_leaves_the_old_file_and_nothing_else(
    copy: Database, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(copy, [offer(1)])
    folder = tmp_path / "out"
    folder.mkdir()
    target = folder / f"offers.{suffix}"
    target.write_text("old")

    async def breaks_off(*_: Any, **__: Any) -> AsyncIterator[Any]:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr("emagsync.offers.export.stream_offers", breaks_off)
    with pytest.raises(KeyboardInterrupt):
        await export_to_file(copy, EVERYTHING, ExportFormat(suffix), target)
    assert target.read_text() == "old"
    assert list(folder.iterdir()) == [target]


async def test_a_replaced_file_keeps_its_mode_and_its_link(copy: Database, tmp_path: Path) -> None:
    await store(copy, [offer(1)])
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    await export_to_file(copy, EVERYTHING, ExportFormat.CSV, link)
    assert link.is_symlink()
    assert real.read_bytes().startswith(b"\xef\xbb\xbf")
    assert real.stat().st_mode & 0o777 == 0o640


async def test_a_pipe_is_written_to_and_not_replaced(copy: Database, tmp_path: Path) -> None:
    await store(copy, [offer(1)])
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    await export_to_file(copy, EVERYTHING, ExportFormat.JSONL, pipe)
    reader.join()
    assert json.loads(received[0])["emag_id"] == 1


@pytest.mark.parametrize("target", ["missing/offers.csv", "."])
async def test_a_place_that_cannot_be_written_is_named(copy: Database, tmp_path: Path, target: str) -> None:
    path = tmp_path / target
    with pytest.raises(ExportFailed, match=r"cannot be written.*--output"):
        await export_to_file(copy, EVERYTHING, ExportFormat.CSV, path)


def test_csv_can_go_to_any_stream_piece_by_piece() -> None:
    stream = io.BytesIO()
    writer = CsvWriter(stream)
    writer.write([["[]" if name == "eans" else None for name in EXPORT_FIELDS]])
    assert stream.getvalue().count(b"\r\n") == 2
    writer.close()
