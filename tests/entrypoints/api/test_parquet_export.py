"""Exports in Parquet, read by the format's own library, say what the API says."""

from __future__ import annotations

import io
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from emagsync.core import money
from emagsync.offers.errors import ParquetNotInstalled
from emagsync.offers.export_columns import EXPORT_FIELDS
from emagsync.offers.export_formats import ExportFormat, open_writer
from emagsync.offers.export_layout import ExportLayout
from offers.offer_rows import offer, remove, store
from support.api import Api

PRODUCTS = "/api/v1/emag/products/products"
EXPORT = f"{PRODUCTS}/export"
LARGEST = Decimal("99999999999999.9999")
# Names of exports, and those of the list where they are others.
OF_THE_LIST = {
    "status": "status_code",
    "first_seen_at": "created_at",
    "changed_at": "updated_at",
    "last_seen_at": "last_synced_at",
}


def read(content: bytes) -> Any:
    from pyarrow import parquet  # an extra: it is imported where it is needed, so that other tests need it not

    return parquet.read_table(io.BytesIO(content))


@pytest.fixture
async def filled(api: Api) -> Api:
    await store(
        api.state.database,
        [
            offer(7, sale_price=Decimal("0.0001"), eans=["5940000000017", "a b"], min_sale_price=LARGEST),
            offer(8, sale_price=None, part_number=None, eans=[], sellable=False, not_sellable="no_stock inactive"),
            offer(9, name="=cmd|' /C calc'!A0 ș\u2028", stock=0),
            offer(10),
        ],
    )
    await remove(api.state.database, 10)
    return api


@pytest.mark.databases("both")
async def test_a_parquet_file_has_the_offers_of_the_list_exactly(filled: Api) -> None:
    answer = await filled.viewer.get(EXPORT, params={"format": "parquet", "include_removed": True})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    assert answer.headers["content-disposition"].endswith('.parquet"')
    table = read(answer.content)
    assert table.column_names == list(EXPORT_FIELDS)
    listed = (await filled.viewer.get(PRODUCTS, params={"include_removed": True})).json()["data"]["products"]
    rows = [
        {OF_THE_LIST.get(name, name): as_answered(value) for name, value in row.items()} for row in table.to_pylist()
    ]
    assert rows == [{name: product[name] for name in row} for row, product in zip(rows, listed, strict=True)]
    types = {name: str(table.schema.field(name).type) for name in table.column_names}
    assert types["sale_price"] == "decimal128(20, 4)"
    assert types["last_seen_at"] == "timestamp[us, tz=UTC]"
    assert types["stock"] == "int64"
    assert types["sellable"] == "bool"
    assert types["eans"].startswith("list<")
    assert table.column("min_sale_price")[0].as_py() == LARGEST


def as_answered(value: Any) -> Any:
    """A value of the file as JSON of the API has it."""
    if isinstance(value, Decimal):
        return money.text(value)
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else value


async def test_columns_zone_and_an_empty_selection(filled: Api) -> None:
    query = {"format": "parquet", "column": ["emag_id", "changed_at"], "time_zone": "Europe/Bucharest"}
    table = read((await filled.viewer.get(EXPORT, params=query)).content)
    assert table.column_names == ["emag_id", "changed_at"]
    assert str(table.schema.field("changed_at").type) == "timestamp[us, tz=Europe/Bucharest]"
    assert table.column("emag_id").to_pylist() == [7, 8, 9]
    none = read((await filled.viewer.get(EXPORT, params=query | {"search": "nothing-like-it"})).content)
    assert (none.num_rows, none.column_names) == (0, ["emag_id", "changed_at"])


async def test_without_the_extra_one_message_names_it(filled: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "emagsync.offers.export_parquet", raising=False)
    answer = await filled.viewer.get(EXPORT, params={"format": "parquet"})
    assert (answer.status_code, answer.json()["code"]) == (501, "parquet_not_installed")
    assert "emagsync[parquet]" in answer.json()["detail"]
    assert (await filled.viewer.get(EXPORT, params={"format": "csv"})).status_code == 200
    with pytest.raises(ParquetNotInstalled):
        open_writer(ExportFormat.PARQUET, io.BytesIO())


def test_rows_are_written_in_groups_and_a_broken_document_gets_no_end(tmp_path: Path) -> None:
    from pyarrow import ArrowInvalid, parquet

    layout = ExportLayout(("emag_id", "name"))
    row: list[Any] = [None] * len(EXPORT_FIELDS)
    row[EXPORT_FIELDS.index("name")] = "x" * 1000
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    for path in (whole, broken):
        with path.open("wb") as file:
            writer = open_writer(ExportFormat.PARQUET, file, layout)
            for start in range(0, 12_000, 500):
                batch = [[*row] for _ in range(500)]
                for number, one in enumerate(batch):
                    one[EXPORT_FIELDS.index("emag_id")] = start + number
                writer.write(batch)
            if path is whole:
                writer.close()
            writer.release()
    file_of = parquet.ParquetFile(whole)
    assert file_of.metadata.num_row_groups >= 2
    assert file_of.read(["emag_id"]).column(0).to_pylist() == list(range(12_000))
    with pytest.raises(ArrowInvalid):
        parquet.ParquetFile(broken)
